"""From a pack to a live partner in one call, by the real workflow.

The demonstration and the test kit use it. It has no rights of its own: what the author may not write and the approver
may not approve fails here as it fails in a form.
"""

VERSIONED = ("contract_id", "mapping_id", "policy_id")


def bring_live(env, pack, company, *, author, approver, secrets=None, addresses=None, owners=None, answers=None):
    """Set up the partner of ``pack``, submit its versions as ``author``, approve them as ``approver``, go live.

    :param secrets: {endpoint's code: secret}; codes of other packs are ignored
    :param addresses: {endpoint's code: url} of endpoints that send; http is allowed for the very host named
    :param answers: {code of a question of the pack: text}; http is allowed for the very host named
    :param owners: {group (xml id): user id} who owns the interfaces that a pack gives to that group
    :returns: the trading partner
    """
    loader = env["sync.pack"].with_user(author).with_company(company)
    data = loader._read(pack)
    codes = [endpoint["code"] for endpoint in data["endpoints"]]
    urls = {code: url for code, url in (addresses or {}).items() if code in codes}
    plain = {
        place["endpoint"]: answers[ask["code"]]
        for ask in data.get("asks", ())
        for place in ask["goes_to"]
        if "endpoint" in place and (answers or {}).get(ask["code"], "").startswith("http://")
    }
    partner = loader._load(
        pack,
        company,
        {
            "environment": "production",
            "partner_id": _contact(env, data),
            "owners": owners or {},
            "business_owner_id": author.id,
            "technical_owner_id": author.id,
            "urls": urls,
            "private_hosts": {
                code: url.split("/")[2] for code, url in {**plain, **urls}.items() if url.startswith("http://")
            },
            "answers": answers or {},
            "secrets": {code: secret for code, secret in (secrets or {}).items() if code in codes},
        },
    )
    for name in VERSIONED:
        versions = partner.interface_ids[name]
        versions.filtered(lambda version: version.state == "draft").action_submit()
        versions.filtered(lambda version: version.state == "in_review").with_user(approver).action_approve()
    take_live(partner, author, approver)
    return partner


def take_live(partner, author, approver, waiver="Set up by a script: there is no partner yet who could test."):
    """Take a partner with approved versions live, from whatever state it is in: certified, asked for, let live.

    Each step is the transition of a form with its own checks: ``author`` asks, ``approver`` decides.
    """
    partner, decider = partner.with_user(author), partner.with_user(approver)
    if partner.kind == "3pl" and not partner.warehouse_ids:
        # Nobody says which: all there are.
        partner.warehouse_ids = partner.env["stock.warehouse"].search([("company_id", "=", partner.company_id.id)])
    if partner.state == "draft":
        partner.action_start_testing()
    if partner.may_connect:
        partner.action_connect()
    if partner.state == "testing":
        partner.action_run_certification()
        partner.action_certify()
    if partner.state == "certified":
        if partner._missing_of(["traffic"]):
            decider.action_waive_traffic(waiver)
        partner.action_request_live()
        decider.action_go_live()


def _contact(env, data):
    """Whom to call or write to at the partner of a script: a contact of its name; none inside Odoo."""
    if data["partner"]["kind"] == "internal":
        return False
    return env["res.partner"].create({"name": data["partner"]["name"], "is_company": True}).id
