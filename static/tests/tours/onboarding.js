import { registry } from "@web/core/registry";

import { openMenu } from "./menus";
import { patient } from "./patience";

const step = (code, state) => `.o_field_widget[name='step_ids'] .o_data_row:contains('${code}'):contains('${state}')`;
const press = (name) => ({
    content: `press ${name}`,
    trigger: `.o_form_view .o_statusbar_buttons button[name='${name}']`,
    run: "click",
});
const openPartner = [
    ...openMenu("menu_partners", "menu_trading_partner"),
    {
        content: "open the shop",
        trigger: ".o_kanban_record:contains('Lighthouse shop')",
        run: "click",
    },
    {
        trigger: ".o_field_widget[name='step_ids'] .o_data_row",
    },
];

/** An integration manager sets a shop up from its pack: what it is, who answers for it, how it is connected. */
registry.category("web_tour.tours").add("sync_governance_onboarding_sets_up", {
    steps: () =>
        patient([
            ...openMenu("menu_partners", "menu_trading_partner"),
            {
                trigger: ".o_control_panel button:contains('New from pack')",
                run: "click",
            },
            {
                content: "it is a shop",
                trigger: ".modal .o_field_widget[name='pack'] .o_radio_item:contains('Shopify') input",
                run: "click",
            },
            {
                trigger: ".modal button[name='action_next']",
                run: "click",
            },
            {
                trigger: ".modal .o_field_widget[name='name'] input",
                run: "edit Lighthouse shop",
            },
            {
                content: "it is for production",
                trigger: ".modal .o_field_widget[name='environment'] input",
                run: "click",
            },
            {
                trigger: ".o_select_menu_item:contains('Production')",
                run: "click",
            },
            {
                content: "whom to call",
                trigger: ".modal .o_field_widget[name='partner_id'] input",
                run: "edit Lena Lighthouse",
            },
            {
                trigger: ".o-autocomplete--dropdown-item:contains('Lena Lighthouse')",
                run: "click",
            },
            {
                trigger: ".modal button[name='action_next']",
                run: "click",
            },
            {
                content: "enter the secret",
                trigger: ".modal .o_field_widget[name='endpoint_ids'] .o_data_row td[name='secret_input']",
                run: "click",
            },
            {
                trigger: ".modal .o_data_row td[name='secret_input'] input",
                run: "edit hush_of_the_lighthouse",
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
                content: "the checklist knows what is there",
                trigger: step("Owner and contact named", "Done"),
            },
            {
                trigger: step("Credentials valid", "Done"),
            },
            {
                content: "and what is missing",
                trigger: step("Contracts, mappings and policies approved", "Open"),
            },
            {
                content: "a button leads there",
                trigger: ".o_field_widget[name='step_ids'] .o_data_row:contains('policies approved') button[name='action_fix']",
                run: "click",
            },
            {
                content: "to the contract that waits",
                trigger: ".o_list_view .o_data_row:contains('Draft')",
            },
        ]),
});

/** With approved versions: testing, on the wire, certified on the samples of the pack. */
registry.category("web_tour.tours").add("sync_governance_onboarding_certifies", {
    steps: () =>
        patient([
            ...openPartner,
            {
                trigger: step("Contracts, mappings and policies approved", "Done"),
            },
            press("action_start_testing"),
            press("action_connect"),
            {
                trigger: step("Interfaces live", "Done"),
            },
            press("action_run_certification"),
            {
                trigger: step("Mapping certified on samples", "Done"),
            },
            press("action_certify"),
            {
                trigger: ".o_form_view .o_arrow_button_current:contains('Certified')",
            },
            {
                content: "nothing was sent yet",
                trigger: step("Test traffic passed", "Open"),
            },
        ]),
});

/** After a test order went through: the manager asks that the shop goes live. */
registry.category("web_tour.tours").add("sync_governance_onboarding_asks", {
    steps: () =>
        patient([
            ...openPartner,
            {
                trigger: step("Test traffic passed", "Done"),
            },
            press("action_request_live"),
            {
                content: "an approver decides",
                trigger: ".o_form_view .alert:contains('asked to go live')",
            },
        ]),
});

/** A second person lets it go live. */
registry.category("web_tour.tours").add("sync_governance_onboarding_lets_live", {
    steps: () =>
        patient([
            ...openPartner,
            press("action_go_live"),
            {
                content: "yes, its documents change Odoo from now on",
                trigger: ".modal .modal-footer .btn-primary",
                run: "click",
            },
            {
                trigger: ".o_form_view .o_arrow_button_current:contains('Live')",
            },
        ]),
});
