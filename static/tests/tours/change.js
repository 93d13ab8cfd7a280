import { registry } from "@web/core/registry";

import { openMenu } from "./menus";
import { patient } from "./patience";

/** A second person reads what a change of a contract means, tries it with real documents, and approves it. */
registry.category("web_tour.tours").add("sync_governance_approver_approves_change", {
    steps: () =>
        patient([
            ...openMenu("menu_catalog", "menu_change_request"),
            {
                content: "open the change that waits",
                trigger: ".o_list_view .o_data_row:contains('In review') td[name='name']",
                run: "click",
            },
            {
                content: "nothing breaks",
                trigger: ".o_field_widget[name='verdict']:contains('Compatible')",
            },
            {
                content: "read what changes, side by side",
                trigger: ".o_field_widget[name='difference_table'] td:contains('/schema/properties/gift_note')",
            },
            {
                trigger: ".o_notebook .nav-link[name='concerned']",
                run: "click",
            },
            {
                content: "who is concerned",
                trigger: ".o_field_widget[name='line_ids'] .o_data_row:contains('shopify.order 1.2.0')",
            },
            {
                trigger: ".o_statusbar_buttons button[name='action_rehearse']",
                run: "click",
            },
            {
                trigger: ".o_notebook .nav-link[name='tried']",
                run: "click",
            },
            {
                content: "a real document comes to the same end",
                trigger: ".o_field_widget[name='replay_ids'] .o_data_row:contains('The same')",
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
                content: "and says who decided",
                trigger: ".o_field_widget[name='decision_ids'] .o_data_row:contains('Ben Approver')",
            },
        ]),
});
