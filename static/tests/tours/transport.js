import { registry } from "@web/core/registry";

import { openMenu } from "./menus";
import { patient } from "./patience";

const page = (name) => ({
    content: `the page ${name}`,
    trigger: `.o_form_view .o_notebook_headers .nav-link:contains('${name}')`,
    run: "click",
});

const openEndpoint = [
    ...openMenu("menu_partners", "menu_endpoint"),
    {
        content: "the supplier's prices",
        trigger: ".o_list_view .o_data_row:contains('prices') td[name='name']",
        run: "click",
    },
    {
        trigger: ".o_form_view .o_field_widget[name='code']",
    },
];

/** An integration manager says where a supplier's files lie, and confirms the key of its server. */
registry.category("web_tour.tours").add("sync_governance_transport_sets_up", {
    steps: () =>
        patient([
            ...openEndpoint,
            {
                content: "what it lacks is said",
                trigger: ".o_form_view .alert:contains('The SFTP server')",
            },
            page("Files"),
            {
                trigger: ".o_field_widget[name='sftp_host'] input",
                run: "edit 127.0.0.1",
            },
            {
                trigger: ".o_field_widget[name='folder'] input",
                run: "edit /in",
            },
            {
                content: "the partner renames a file when it is whole",
                trigger: ".o_field_widget[name='file_ready'] input",
                run: "click",
            },
            {
                trigger: ".o_select_menu_item:contains('temporary ending')",
                run: "click",
            },
            {
                trigger: ".o_form_button_save:enabled",
                run: "click",
            },
            {
                content: "the server is asked for its key",
                trigger: "button[name='action_sftp_get_key']:visible",
                run: "click",
            },
            {
                content: "and shows one that nobody has confirmed",
                trigger: ".o_field_widget[name='sftp_seen_key']:contains('SHA256:')",
            },
            {
                trigger: "button[name='action_sftp_confirm_key']:visible",
                run: "click",
            },
            {
                content: "who confirms is asked how he knows",
                trigger: ".modal:contains('by another way') .modal-footer .btn-primary",
                run: "click",
            },
            {
                trigger: "body:not(:has(.modal)) .o_field_widget[name='sftp_host_key']:contains('SHA256:')",
            },
            {
                content: "a security officer is asked for the rest",
                trigger: ".o_form_view .alert:contains('credential')",
            },
        ]),
});

/** With a credential it goes live; which files are expected, and until when, is said. */
registry.category("web_tour.tours").add("sync_governance_transport_goes_live", {
    steps: () =>
        patient([
            ...openEndpoint,
            {
                trigger: ".o_statusbar_buttons button[name='action_go_live']:visible",
                run: "click",
            },
            {
                trigger: ".o_form_view .o_arrow_button_current:contains('Live')",
            },
            ...openMenu("menu_partners", "menu_expectation").slice(-2),
            {
                trigger: ".o_list_button_add",
                run: "click",
            },
            {
                trigger: ".o_field_widget[name='name'] input",
                run: "edit Prices of the morning",
            },
            {
                trigger: ".o_field_widget[name='endpoint_id'] input",
                run: "edit prices",
            },
            {
                trigger: ".o-autocomplete--dropdown-item:contains('prices')",
                run: "click",
            },
            {
                trigger: ".o_field_widget[name='pattern'] input",
                run: "edit prices*.csv",
            },
            {
                trigger: ".o_form_button_save:enabled",
                run: "click",
            },
            {
                content: "it is saved: back to the list, which says when the next cut-off is",
                trigger: ".o_form_saved",
            },
            {
                trigger: ".o_breadcrumb .o_back_button",
                run: "click",
            },
            {
                trigger: ".o_list_view .o_data_row:contains('Prices of the morning') td[name='next_at']:contains(':')",
            },
        ]),
});

/** A look at once. */
registry.category("web_tour.tours").add("sync_governance_transport_looks", {
    steps: () =>
        patient([
            ...openEndpoint,
            {
                trigger: ".o_statusbar_buttons button[name='action_poll_now']:visible",
                run: "click",
            },
            page("Files"),
            {
                trigger: ".o_form_view .o_field_widget[name='sftp_host']",
            },
        ]),
});

/** The first file is there: at the endpoint, and where it was expected. */
registry.category("web_tour.tours").add("sync_governance_transport_sees_file", {
    steps: () =>
        patient([
            ...openEndpoint,
            page("Files"),
            {
                content: "one file was taken over",
                trigger: ".o_form_view .alert .o_field_widget[name='poll_note']:contains('1 taken over')",
            },
            ...openMenu("menu_partners", "menu_expectation").slice(-2),
            {
                content: "it counts for what is expected",
                trigger: ".o_list_view .o_data_row:contains('Prices of the morning'):contains('prices-may.csv')",
            },
        ]),
});

/** An operator finds what a partner has not acknowledged, and sends it again. */
registry.category("web_tour.tours").add("sync_governance_acknowledgement_resent", {
    steps: () =>
        patient([
            ...openMenu("menu_operations", "menu_acknowledgement"),
            {
                content: "one is overdue",
                trigger: ".o_list_view .o_data_row:contains('Overdue') td[name='trading_partner_id']",
                run: "click",
            },
            {
                trigger: ".o_form_view .o_arrow_button_current:contains('Overdue')",
            },
            {
                trigger: ".o_statusbar_buttons button[name='action_open_message']:visible",
                run: "click",
            },
            {
                content: "the document, sent and not acknowledged: send it again",
                trigger: ".o_form_view .o_statusbar_buttons button[name='action_replay']:visible",
                run: "click",
            },
            {
                content: "as it was sent",
                trigger: ".modal .o_field_widget[name='start_outbound'] .o_radio_item:last input",
                run: "click",
            },
            {
                content: "say why",
                trigger: ".modal .o_field_widget[name='reason'] textarea",
                run: "edit The partner has not acknowledged it.",
            },
            {
                trigger: ".modal button[name='action_confirm']:visible",
                run: "click",
            },
            {
                trigger: "body:not(:has(.modal)) .o_form_view .o_field_widget[name='reason']:contains('not acknowledged')",
            },
        ]),
});
