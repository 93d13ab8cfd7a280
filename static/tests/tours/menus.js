import { stepUtils } from "@web_tour/tour_utils";

/** Steps from wherever Odoo opened to one of the addon's menus, as a person clicks it. */
export function openMenu(section, entry) {
    return [
        stepUtils.showAppsMenuItem(),
        {
            content: "open the app",
            trigger: ".o_app[data-menu-xmlid='sync_governance.menu_root']",
            run: "click",
        },
        {
            content: "its first screen is there",
            trigger: ".o_menu_brand:contains('Sync Governance')",
        },
        {
            content: `open the section ${section}`,
            trigger: `.o_menu_sections [data-menu-xmlid='sync_governance.${section}']`,
            run: "click",
        },
        {
            content: `open ${entry}`,
            trigger: `.o-dropdown--menu [data-menu-xmlid='sync_governance.${entry}']`,
            run: "click",
        },
    ];
}
