"""A secret goes in and never comes out."""

import json
import os
from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time
from odoo.tools import mute_logger

from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.core.security.keyring import KeyRing

from .governance_fixture import SECRET, GovernanceCase

OTHER = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY="


class TestSecretIsNeverReadable(GovernanceCase):
    def setUp(self):
        super().setUp()
        self.door = self.endpoint(self.partner())
        self.proof = self.credential(self.door)

    def everything_readable(self, records):
        return json.dumps(
            [
                records.read(),
                records.export_data(list(records._fields)).get("datas"),
                records.web_read({n: {} for n in records._fields}),
            ],
            default=str,
        )

    def test_no_read_shows_it_to_anybody(self):
        (self.officer | self.manager).group_ids |= self.env.ref("base.group_allow_export")
        for user in (self.officer, self.manager, self.env.ref("base.user_admin"), self.env.ref("base.user_root")):
            for records in (self.proof, self.proof.version_ids):
                with self.subTest(user=user.login, model=records._name):
                    text = self.everything_readable(records.with_user(user))
                    self.assertNotIn(SECRET, text)
                    self.assertNotIn("v1.", text)
        self.assertNotIn(SECRET, self.everything_readable(self.proof.sudo()))

    def test_it_is_not_even_in_the_answer_of_the_request_that_set_it(self):
        answer = (
            self.env["sync.credential"]
            .with_user(self.officer)
            .browse()
            .web_save(
                {"name": "Second", "endpoint_id": self.door.id, "secret_input": OTHER}, {"secret_input": {}, "name": {}}
            )
        )
        self.assertFalse(answer[0]["secret_input"])

    def test_the_column_is_no_field(self):
        fields_of = self.env["sync.credential.version"].with_user(self.officer).fields_get()
        self.assertNotIn("secret_encrypted", fields_of)
        with self.assertRaises(ValueError):
            self.env["sync.credential.version"].sudo().search([("secret_encrypted", "ilike", "v1")])
        with self.assertRaises(ValueError):
            self.proof.version_ids.sudo().read(["secret_encrypted"])

    def test_nothing_in_the_database_holds_it_in_clear(self):
        self.env.flush_all()
        for table in ("sync_credential", "sync_credential_version", "mail_message", "mail_tracking_value"):
            self.env.cr.execute(f"SELECT count(*) FROM {table} t WHERE to_jsonb(t)::text LIKE %s", [f"%{SECRET}%"])
            self.assertEqual(self.env.cr.fetchone()[0], 0, table)

    def test_only_security_officers_set_it(self):
        for user in (self.manager, self.viewer, self.sales_operator):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["sync.credential"].with_user(user).create(
                    {"name": "Mine", "endpoint_id": self.door.id, "secret_input": OTHER}
                )
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.proof.with_user(user).secret_input = OTHER

    def test_viewers_do_not_see_credentials(self):
        with self.assertRaises(AccessError):
            self.env["sync.credential"].with_user(self.viewer).search([])

    def test_a_version_is_not_made_or_moved_by_hand(self):
        version = self.proof.version_ids
        with self.assertRaises(UserError):
            version.create({"credential_id": self.proof.id})
        with self.assertRaises(UserError):
            version.copy()
        with self.assertRaises(UserError):
            version.unlink()
        with self.assertRaises(UserError):
            version.write({"state": "overlap"})
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.ForeignKeyViolation),
            self.env.cr.savepoint(),
        ):
            self.proof.unlink()


class TestWhatTheEngineGets(GovernanceCase):
    def setUp(self):
        super().setUp()
        self.door = self.endpoint(self.partner())
        self.proof = self.credential(self.door)

    def oldest(self):
        return self.proof.version_ids.sorted("id")[0]

    def values(self):
        return [secret.value for secret in self.door.sudo()._secrets("verify")]

    def test_the_secret_with_the_credential_as_key_id(self):
        (secret,) = self.door.sudo()._secrets("verify")
        self.assertEqual((secret.value, secret.key_id), (SECRET, str(self.proof.id)))
        self.assertNotIn(SECRET, repr(secret))

    def test_during_a_rotation_both_are_valid(self):
        self.proof._rotate(OTHER, overlap_hours=2)
        self.assertEqual(self.values(), [OTHER, SECRET])
        self.assertEqual(self.proof.state, "overlap")
        old = self.oldest()
        self.assertAlmostEqual(old.valid_until, fields.Datetime.now() + timedelta(hours=2), delta=timedelta(minutes=1))

    def test_the_overlap_ends_by_itself(self):
        self.proof._rotate(OTHER, overlap_hours=2)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sync_credential_version SET valid_until = (now() AT TIME ZONE 'UTC') - interval '1 second'"
            " WHERE id = %s",
            [self.oldest().id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.values(), [OTHER])
        with freeze_time(fields.Datetime.now() + timedelta(seconds=1)):
            self.assertEqual(self.proof.state, "valid")

    def test_rotating_without_overlap_ends_the_old_one_and_destroys_it(self):
        self.proof._rotate(OTHER, overlap_hours=0)
        self.assertEqual(self.values(), [OTHER])
        self.env.cr.execute("SELECT secret_encrypted FROM sync_credential_version WHERE id = %s", [self.oldest().id])
        self.assertIsNone(self.env.cr.fetchone()[0])

    def test_the_wizard_rotates(self):
        action = self.proof.action_rotate()
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.officer)
            .with_context(**action["context"])
            .create({"secret_input": OTHER, "overlap_hours": 1})
        )
        self.assertEqual(self.values(), [OTHER, SECRET])
        self.assertFalse(wizard.secret_input)

    def test_revoking_ends_everything(self):
        self.proof.action_revoke()
        self.assertEqual(self.values(), [])
        self.assertEqual(self.proof.state, "revoked")

    def test_an_expired_secret_is_not_used(self):
        self.proof.valid_until = fields.Datetime.now() - timedelta(minutes=1)
        self.assertEqual(self.values(), [])
        self.assertEqual(self.proof.state, "expired")

    def test_an_archived_credential_is_not_used(self):
        self.proof.action_archive()
        self.assertEqual(self.values(), [])

    def test_a_token_opens_only_in_its_own_row(self):
        second = self.credential(self.endpoint(self.partner("other"), "other-orders"), OTHER)
        self.env.flush_all()
        self.env.cr.execute(
            """UPDATE sync_credential_version SET secret_encrypted =
                   (SELECT secret_encrypted FROM sync_credential_version WHERE id = %s) WHERE id = %s""",
            [second.version_ids.id, self.proof.version_ids.id],
        )
        with self.assertRaisesRegex(Fault, "another record"):
            self.values()

    def test_last_use_is_kept_to_the_minute(self):
        self.env["sync.credential"]._used(self.env.cr, [self.proof.id])
        self.env.invalidate_all()
        self.assertTrue(self.proof.last_used_at)
        with self.assertQueryCount(1):
            self.env["sync.credential"]._used(self.env.cr, [self.proof.id])


class TestTheWire(GovernanceCase):
    def setUp(self):
        super().setUp()
        self.live_partner("shopify", secrets={"shop-orders": "shpss_old"})
        self.proof = self.env["sync.credential"].search([("endpoint_id.code", "=", "shop-orders")])

    def order_signed_with(self, secret):
        return self.receive(
            "shop-orders", {"id": 1}, profile="shopify", secret=secret, headers={"X-Shopify-Topic": "orders/create"}
        )

    def test_a_document_stamps_its_credential_and_the_last_use(self):
        message = self.message(self.order_signed_with("shpss_old"))
        self.assertEqual(message.credential_id, self.proof)
        self.assertTrue(self.proof.last_used_at)

    def test_no_document_fails_while_a_secret_is_rotated(self):
        self.proof._rotate("shpss_new", overlap_hours=24)
        for secret in ("shpss_old", "shpss_new"):
            self.assertEqual(self.message(self.order_signed_with(secret)).credential_id, self.proof)

    def test_a_sender_with_an_expired_secret_is_told_so(self):
        self.proof.valid_until = fields.Datetime.now() - timedelta(minutes=1)
        with self.assertRaises(Fault) as refusal:
            self.order_signed_with("shpss_old")
        self.assertEqual(refusal.exception.code, "authentication.credential_expired")

    def test_a_revoked_secret_is_just_wrong(self):
        self.proof._rotate("shpss_new", overlap_hours=0)
        with self.assertRaises(Fault) as refusal:
            self.order_signed_with("shpss_old")
        self.assertEqual(refusal.exception.code, "authentication.signature_invalid")


class TestKeys(GovernanceCase):
    def test_without_a_key_saving_says_what_to_add(self):
        door = self.endpoint(self.partner())
        with (
            patch.dict(os.environ, {"SYNC_GOVERNANCE_KEYS": ""}),
            self.assertRaisesRegex(UserError, "sync_governance_keys"),
        ):
            self.credential(door)

    def test_another_key_under_the_same_name_is_named(self):
        door = self.endpoint(self.partner())
        self.credential(door)
        with patch.dict(os.environ, {"SYNC_GOVERNANCE_KEYS": KeyRing.generate("test")}):
            with self.assertRaisesRegex(Fault, "test is not the one"):
                door.sudo()._secrets("verify")

    def test_what_cannot_be_a_secret_is_refused_without_showing_it(self):
        door = self.endpoint(self.partner())
        with self.assertRaisesRegex(UserError, "not base64") as refusal:
            self.credential(door, "whsec_§§§")
        self.assertNotIn("§§§", str(refusal.exception))

    def test_an_endpoint_that_sends_signs(self):
        door = self.endpoint(
            self.partner(), direction="outbound", key_source="event", url="https://partner.example.com/in"
        )
        proof = self.credential(door)
        self.assertEqual(proof.purpose, "sign")
        self.assertEqual(len(door.sudo()._secrets("sign")), 1)
        self.assertFalse(door.sudo()._secrets("verify"))
