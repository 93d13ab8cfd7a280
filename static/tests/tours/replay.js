import { registry } from "@web/core/registry";

import { openMenu } from "./menus";
import { patient } from "./patience";

/** An operator of sales tries what a replay would do, reads it, and replays. */
registry.category("web_tour.tours").add("sync_governance_operator_replays", {
    steps: () =>
        patient([
            ...openMenu("menu_operations", "menu_message"),
            {
                content: "open the order",
                trigger: ".o_list_view .o_data_row:contains('Order placed') td[name='reference']",
                run: "click",
            },
            {
                content: "it is done; replay it all the same",
                trigger: ".o_form_view .o_statusbar_buttons button[name='action_replay']:visible",
                run: "click",
            },
            {
                content: "from the translated document",
                trigger: ".modal .o_field_widget[name='start_inbound'] .o_radio_item:contains('translated') input",
                run: "click",
            },
            {
                content: "say why",
                trigger: ".modal .o_field_widget[name='reason'] textarea",
                run: "edit The customer asked what became of it.",
            },
            {
                content: "try it first",
                trigger: ".modal button[name='action_dry_run']:visible",
                run: "click",
            },
            {
                content: "it says that nothing would happen a second time",
                trigger: ".modal .o_field_widget[name='line_ids'] .o_data_row:contains('Already applied')",
            },
            {
                content: "and how many were tried",
                trigger: ".modal .o_field_widget[name='summary']:contains('Tried 1 of 1')",
            },
            {
                content: "do it",
                trigger: ".modal button.btn-primary[name='action_confirm']:visible",
                run: "click",
            },
            {
                content: "the request is there, with its reason",
                trigger: "body:not(:has(.modal)) .o_form_view .o_field_widget[name='reason']:contains('The customer asked')",
            },
        ]),
});
