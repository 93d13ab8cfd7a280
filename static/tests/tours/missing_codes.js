import { registry } from "@web/core/registry";

import { openMenu } from "./menus";
import { patient } from "./patience";

/** An operator sees which codes hold documents up, takes a suggestion, picks another record, and they go on. */
registry.category("web_tour.tours").add("sync_governance_operator_completes_codes", {
    steps: () =>
        patient([
            ...openMenu("menu_operations", "menu_xref_gap"),
            {
                content: "what most documents wait for comes first",
                trigger: ".o_list_view .o_data_row:first:contains('lamp-unknown 1')",
            },
            { trigger: ".o_list_view thead .o_list_record_selector input", run: "click" },
            { trigger: ".o_list_buttons button[name='action_complete'], .o_control_panel button[name='action_complete']", run: "click" },
            {
                content: "a suggestion with its reason",
                trigger: ".o_field_widget[name='line_ids'] .o_data_row:contains('lamp-unknown 1'):contains('our code is')",
            },
            {
                trigger: ".o_field_widget[name='line_ids'] .o_data_row:contains('lamp-unknown 1') button[name='action_take']",
                run: "click",
            },
            {
                content: "it is taken, and one more can be",
                trigger: ".o_form_view .o_field_widget[name='picked_count']:contains('1')",
            },
            {
                content: "nothing is suggested for the other: pick the record",
                trigger: ".o_field_widget[name='line_ids'] .o_data_row:contains('TTT-000') td[name='res_id']",
                run: "click",
            },
            { trigger: ".o_field_widget[name='res_id'] input", run: "edit Picked by hand" },
            { trigger: ".o-autocomplete--dropdown-item:contains('Picked by hand')", run: "click" },
            {
                trigger: ".o_form_view .o_field_widget[name='picked_count']:contains('2')",
            },
            { trigger: ".o_statusbar_buttons button[name='action_apply']", run: "click" },
            {
                content: "back at the list, with the promise that they go on",
                trigger: ".o_notification:contains('processed again')",
            },
            { trigger: ".o_breadcrumb:contains('Missing codes')" },
        ]),
});
