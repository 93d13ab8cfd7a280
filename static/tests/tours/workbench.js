import { registry } from "@web/core/registry";

import { openMenu } from "./menus";
import { patient } from "./patience";

const RULES = ".o_sync_pane[name='rules'] .ace_editor";

/** An integration manager tries a draft, breaks a rule, reads what is wrong, mends it and keeps it. */
registry.category("web_tour.tours").add("sync_governance_manager_tries_mapping", {
    steps: () =>
        patient([
            ...openMenu("menu_catalog", "menu_mapping"),
            {
                content: "open the draft",
                trigger: ".o_list_view .o_data_row:contains('shopify.order.create'):contains('Draft') td[name='code']",
                run: "click",
            },
            { trigger: ".o_form_view button[name='action_workbench']", run: "click" },
            {
                content: "the first sample comes out",
                trigger: ".o_sync_workbench .o_field_widget[name='verdict']:contains('It comes out')",
            },
            { trigger: ".o_sync_pane[name='result'] .ace_editor:contains('order.create')" },
            { trigger: ".o_notebook .nav-link[name='samples']", run: "click" },
            {
                content: "and so do all others",
                trigger: ".o_field_widget[name='sample_table'] tr:contains('✓'):contains('Prices with tax')",
            },
            {
                content: "another rule for the number",
                trigger: RULES,
                run: () => {
                    const editor = window.ace.edit(document.querySelector(RULES));
                    editor.focus();
                    const rules = JSON.parse(editor.getValue());
                    rules.rules.find((rule) => rule.to === "number").from = "financial_status";
                    editor.setValue(JSON.stringify(rules, null, 2));
                    editor.blur();
                },
            },
            {
                content: "a sample differs",
                trigger: ".o_field_widget[name='sample_table'] tr:contains('✗'):contains('/number')",
            },
            { trigger: ".o_notebook .nav-link[name='difference']", run: "click" },
            {
                content: "what comes out otherwise than before",
                trigger: ".o_field_widget[name='difference_table'] tr:contains('/number')",
            },
            { trigger: ".o_notebook .nav-link[name='coverage']", run: "click" },
            {
                content: "what no rule reads",
                trigger: ".o_field_widget[name='unused']",
            },
            {
                content: "keep it",
                trigger: ".o_statusbar_buttons button[name='action_keep']",
                run: "click",
            },
            {
                content: "back at the draft",
                trigger: ".o_form_view:not(.o_sync_workbench) .o_field_widget[name='document'] .ace_editor",
            },
        ]),
});

/** A new partner's document is pasted into a mapping without rules, and two suggested rules are taken. */
registry.category("web_tour.tours").add("sync_governance_manager_takes_suggestions", {
    steps: () =>
        patient([
            { trigger: ".o_form_view button[name='action_workbench']", run: "click" },
            {
                content: "paste what the partner sends",
                trigger: ".o_sync_pane[name='source'] textarea",
                run: 'edit {"order_ref": "A-17", "ccy": "EUR"}',
            },
            { trigger: ".o_notebook .nav-link[name='suggestions']", run: "click" },
            {
                trigger: ".o_field_widget[name='suggestion_ids'] .o_data_row:contains('every value is a currency') input[type='checkbox']",
                run: "click",
            },
            {
                content: "it works at once",
                trigger: ".o_sync_pane[name='result'] .ace_editor:contains('EUR')",
            },
            { trigger: ".o_statusbar_buttons button[name='action_keep']", run: "click" },
            { trigger: ".o_form_view:not(.o_sync_workbench) .o_field_widget[name='document'] .ace_editor:contains('ccy')" },
        ]),
});
