import { registry } from "@web/core/registry";

import { openMenu } from "./menus";
import { patient } from "./patience";

/** A second person approves the mapping that somebody else wrote. */
registry.category("web_tour.tours").add("sync_governance_approver_approves_mapping", {
    steps: () =>
        patient([
            ...openMenu("menu_catalog", "menu_mapping"),
            {
                content: "open the mapping in review",
                trigger: ".o_list_view .o_data_row:contains('In review') td[name='code']",
                run: "click",
            },
            {
                content: "read its rules",
                trigger: ".o_field_widget[name='document'] .ace_line:contains('mapping')",
            },
            {
                trigger: ".o_statusbar_buttons button[name='action_approve']",
                run: "click",
            },
            {
                content: "it is in force",
                trigger: ".o_form_view .o_arrow_button_current:contains('Approved')",
            },
            {
                trigger: ".o_notebook .nav-link[name='review']",
                run: "click",
            },
            {
                content: "and says who approved it",
                trigger: ".o_field_widget[name='approver_id']:contains('Ben Approver')",
            },
        ]),
});
