import { registry } from "@web/core/registry";
import { formView } from "@web/views/form/form_view";

/** A form of which nothing is kept: leaving it saves nothing and asks nothing. */
class WorkbenchController extends formView.Controller {
    async beforeLeave() {
        return true;
    }

    beforeUnload() {}
}

registry.category("views").add("sync_mapping_workbench", { ...formView, Controller: WorkbenchController });
