import { registry } from "@web/core/registry";

import { openMenu } from "./menus";
import { patient } from "./patience";

/** An operator of sales maps the unknown article of an order and retries it. */
registry.category("web_tour.tours").add("sync_governance_operator_maps_product", {
    steps: () =>
        patient([
            ...openMenu("menu_operations", "menu_exception"),
            {
                content: "open the exception of the unknown article",
                trigger: ".o_kanban_record:contains('#1001')",
                run: "click",
            },
            {
                content: "it says what happened",
                trigger: ".o_form_view .o_field_widget[name='detail']:contains('LAMP-UNKNOWN')",
            },
            {
                content: "map the article",
                trigger: ".o_form_view .o_statusbar_buttons button[name='action_map']:visible",
                run: "click",
            },
            {
                content: "the wizard names the partner's code",
                trigger: ".modal .o_data_row td[name='external_id']:contains('LAMP-UNKNOWN')",
            },
            {
                trigger: ".modal .o_data_row td[name='product_id']",
                run: "click",
            },
            {
                content: "look for our product",
                trigger: ".modal .o_data_row td[name='product_id'] input",
                run: "edit LAMP-1",
            },
            {
                trigger: ".o-autocomplete--dropdown-item:contains('Desk lamp')",
                run: "click",
            },
            {
                content: "remember it and retry",
                trigger: ".modal button[name='action_map']",
                run: "click",
            },
            {
                content: "back on the exception, which is being worked",
                trigger: "body:not(:has(.modal)) .o_form_view .o_arrow_button_current:contains('In progress')",
            },
        ]),
});

/** The engine has run: the exception closed itself, and its order is there. */
registry.category("web_tour.tours").add("sync_governance_operator_sees_order", {
    steps: () =>
        patient([
            {
                content: "the exception is resolved",
                trigger: ".o_form_view .ribbon:contains('Resolved')",
            },
            {
                content: "open its order",
                trigger: "button[name='action_view_orders']",
                run: "click",
            },
            {
                content: "a confirmed order",
                trigger: ".o_form_view .o_arrow_button_current:contains('Sales Order')",
            },
            {
                content: "with the product that was picked",
                trigger: ".o_field_widget[name='order_line'] .o_data_row:contains('Desk lamp')",
            },
            {
                content: "open its process",
                trigger: "button[name='action_view_process']",
                run: "click",
            },
            {
                content: "open the messages",
                trigger: "button[name='action_view_messages']",
                run: "click",
            },
            {
                trigger: ".o_list_view .o_data_row:contains('Order placed') td[name='reference']",
                run: "click",
            },
            {
                content: "what the shop sent",
                trigger: ".o_notebook .nav-link[name='received']",
                run: "click",
            },
            {
                content: "byte for byte",
                trigger: ".o_field_widget[name='received_text'] .ace_line:contains('admin_graphql_api_id')",
            },
        ]),
});
