import { registry } from "@web/core/registry";

import { openMenu } from "./menus";
import { patient } from "./patience";

const row = (text) => `.modal .o_field_widget[name='matrix'] tr:contains('${text}')`;

/** An integration manager sets a retailer on X12 up: what it brings, who it is, what its samples come to. */
registry.category("web_tour.tours").add("sync_governance_packs_sets_up", {
    steps: () =>
        patient([
            ...openMenu("menu_partners", "menu_trading_partner"),
            {
                trigger: ".o_control_panel button:contains('New from pack')",
                run: "click",
            },
            {
                content: "it is a retailer",
                trigger: ".modal .o_field_widget[name='pack'] .o_radio_item:contains('Retailer on X12') input",
                run: "click",
            },
            {
                content: "its orders come to us",
                trigger: row("Orders (850)") + ":contains('to us')",
            },
            {
                content: "its invoices leave",
                trigger: row("Invoices (810)") + ":contains('to the partner')",
            },
            {
                trigger: ".modal button[name='action_next']",
                run: "click",
            },
            {
                trigger: ".modal .o_field_widget[name='name'] input",
                run: "edit Harbor Home Stores",
            },
            {
                trigger: ".modal .o_field_widget[name='code'] input",
                run: "edit harbor-home",
            },
            {
                content: "whom to call",
                trigger: ".modal .o_field_widget[name='partner_id'] input",
                run: "edit Hazel Harbor",
            },
            {
                trigger: ".o-autocomplete--dropdown-item:contains('Hazel Harbor')",
                run: "click",
            },
            {
                trigger: ".modal button[name='action_next']",
                run: "click",
            },
            {
                trigger: ".modal .o_field_widget[name='endpoint_ids'] .o_data_row:contains('To the retailer')",
            },
            {
                trigger: ".modal button[name='action_install']",
                run: "click",
            },
            {
                content: "every sample came out as it should",
                trigger: ".modal .alert-success:contains('every sample')",
            },
            {
                trigger: ".modal .o_field_widget[name='certification_ids'] .o_data_row:contains('Orders (850)')",
            },
            {
                trigger: ".modal button[name='action_open']",
                run: "click",
            },
            {
                content: "the checklist says what comes next",
                trigger: ".o_form_view .o_field_widget[name='step_ids'] .o_data_row",
            },
        ]),
});
