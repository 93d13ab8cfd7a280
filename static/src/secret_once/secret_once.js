import { Component, useRef } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

/** A secret that Odoo has just made. It lives in this dialog and nowhere else: closing it is the end of it. */
export class SecretOnce extends Component {
    static template = "sync_governance.SecretOnce";
    static components = { Dialog };
    static props = {
        close: Function,
        name: String,
        username: String,
        secret: String,
    };

    setup() {
        this.notification = useService("notification");
        this.field = useRef("secret");
    }

    async copy() {
        try {
            await browser.navigator.clipboard.writeText(this.props.secret);
            this.notification.add(_t("Copied"), { type: "success" });
        } catch {
            // Without https the browser gives no clipboard: the text is marked, to be copied by hand.
            this.field.el.select();
        }
    }
}

/** What the server answers with when it has made a secret. No view, so that nothing of it is kept in the address. */
async function showSecretOnce(env, action) {
    await new Promise((resolve) => {
        env.services.dialog.add(SecretOnce, action.params, { onClose: resolve });
    });
    return { type: "ir.actions.client", tag: "soft_reload" };
}

registry.category("actions").add("sync_governance_secret_once", showSecretOnce);
