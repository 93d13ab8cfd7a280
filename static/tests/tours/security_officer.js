import { registry } from "@web/core/registry";

import { openMenu } from "./menus";
import { patient } from "./patience";

const credential = [
    ...openMenu("menu_partners", "menu_credential"),
    {
        content: "the shop's credential",
        trigger: ".o_data_row:contains('shop-orders') .o_data_cell, .o_data_row .o_data_cell:contains('Shop')",
        run: "click",
    },
    {
        content: "ask for a new secret",
        trigger: ".o_form_view button[name='action_rotate']",
        run: "click",
    },
];

/** A security officer gives an endpoint its next secret; the old one goes on for a while. */
registry.category("web_tour.tours").add("sync_governance_officer_rotates_secret", {
    steps: () =>
        patient([
            ...credential,
            {
                trigger: ".modal .o_field_widget[name='secret_input'] input",
                run: "edit shpss_the_new_one",
            },
            {
                trigger: ".modal .o_field_widget[name='overlap_hours'] input",
                run: "edit 2",
            },
            {
                trigger: ".modal button[name='action_done']",
                run: "click",
            },
            {
                content: "both are valid now",
                trigger: "body:not(:has(.modal)) .o_form_view .o_field_widget[name='state']:contains('Rotating')",
            },
            {
                content: "the old one has an end",
                trigger: ".o_field_widget[name='version_ids'] .o_data_row:contains('Valid beside the newer one')",
            },
        ]),
});

/** Odoo makes a key: it is on the screen once, and nowhere when the dialog is closed. */
registry.category("web_tour.tours").add("sync_governance_officer_makes_key", {
    steps: () =>
        patient([
            ...openMenu("menu_partners", "menu_credential"),
            {
                trigger: ".o_data_row .o_data_cell:contains('Key of the warehouse')",
                run: "click",
            },
            {
                trigger: ".o_form_view button[name='action_rotate']",
                run: "click",
            },
            {
                content: "nobody types it in",
                trigger: ".modal:not(:has(.o_field_widget[name='secret_input'])) button[name='action_issue']",
                run: "click",
            },
            {
                content: "the key is there to be copied",
                trigger: ".modal input.o_sync_secret_once:value(/^sgk_/)",
            },
            {
                trigger: ".modal .o_sync_secret_kept",
                run: "click",
            },
            {
                content: "only its beginning is left",
                trigger: "body:not(:has(.modal)) .o_form_view .o_field_widget[name='version_ids'] .o_data_cell:contains('sgk_')",
            },
            {
                trigger: "body:not(:has(.o_sync_secret_once)) .o_field_widget[name='state']:contains('Valid')",
            },
        ]),
});
