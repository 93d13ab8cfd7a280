import { registry } from "@web/core/registry";

import { patient } from "./patience";

/** A viewer reads where an order stands; the bodies of its messages are not for viewers. */
registry.category("web_tour.tours").add("sync_governance_viewer_reads_process", {
    steps: () =>
        patient([
            {
                content: "from the order to its process",
                trigger: ".o_form_view button[name='action_view_process']",
                run: "click",
            },
            {
                content: "the order was placed",
                trigger: ".o_field_widget[name='milestone_ids'] .o_data_row:contains('Order placed'):contains('Reached')",
            },
            {
                content: "the warehouse has it",
                trigger:
                    ".o_field_widget[name='milestone_ids'] .o_data_row:contains('Warehouse asked to ship'):contains('Reached')",
            },
            {
                content: "the parcels are still to come",
                trigger: ".o_field_widget[name='milestone_ids'] .o_data_row:contains('Shipped'):contains('Expected')",
            },
            {
                content: "a viewer decides nothing",
                trigger: ".o_form_view:not(:has(button[name='action_hold'])):not(:has(button[name='action_waive']))",
            },
            {
                trigger: "button[name='action_view_messages']",
                run: "click",
            },
            {
                trigger: ".o_list_view .o_data_row:contains('Order placed') td[name='reference']",
                run: "click",
            },
            {
                content: "how it went",
                trigger: ".o_field_widget[name='attempt_ids'] .o_data_row:contains('Done')",
            },
            {
                content: "but not what it said",
                trigger: ".o_notebook:not(:has(.nav-link[name='received']))",
            },
        ]),
});
