import { registry } from "@web/core/registry";

import { openMenu } from "./menus";
import { patient } from "./patience";

/** An integration manager connects a partner from a pack. */
registry.category("web_tour.tours").add("sync_governance_manager_adds_partner", {
    steps: () =>
        patient([
            ...openMenu("menu_partners", "menu_trading_partner"),
            {
                content: "start from a pack",
                trigger: ".o_control_panel button:contains('New from pack')",
                run: "click",
            },
            {
                content: "it is a logistics provider",
                trigger: ".modal .o_field_widget[name='pack'] .o_radio_item:contains('Logistics provider') input",
                run: "click",
            },
            {
                trigger: ".modal button[name='action_next']",
                run: "click",
            },
            {
                content: "give it its name",
                trigger: ".modal .o_field_widget[name='name'] input",
                run: "edit Warehouse of the north",
            },
            {
                trigger: ".modal button[name='action_next']",
                run: "click",
            },
            {
                content: "the pack says which endpoints there are",
                trigger: ".modal .o_field_widget[name='endpoint_ids'] .o_data_row:contains('Shipment confirmations')",
            },
            {
                trigger: ".modal button[name='action_install']",
                run: "click",
            },
            {
                content: "the samples went through it",
                trigger: ".modal button[name='action_open']",
                run: "click",
            },
            {
                content: "the partner is there, as a draft",
                trigger: "body:not(:has(.modal)) .o_form_view .o_arrow_button_current:contains('Draft')",
            },
            {
                content: "and its checklist says what comes next",
                trigger: ".o_field_widget[name='step_ids'] .o_data_row:contains('policies approved'):contains('Open')",
            },
            {
                trigger: ".o_notebook .nav-link[name='endpoints']",
                run: "click",
            },
            {
                content: "with its endpoints",
                trigger: ".o_field_widget[name='endpoint_ids'] .o_data_row:contains('Fulfilment requests')",
            },
            {
                trigger: ".o_notebook .nav-link[name='interfaces']",
                run: "click",
            },
            {
                content: "and its interfaces",
                trigger: ".o_field_widget[name='interface_ids'] .o_data_row:contains('Shipment confirmed')",
            },
        ]),
});
