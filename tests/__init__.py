from . import test_flow, test_intake, test_neutralize, test_queue, test_queue_model, test_races, test_retention
from . import test_webhook
from . import test_delivery, test_endpoint_health, test_engine, test_exception, test_exchange_access, test_lane_batches
from . import test_list_queries
from . import test_catalog, test_credential, test_governance, test_pack, test_partner, test_security, test_xref
from . import test_pump, test_traffic
from . import test_flow_process, test_handler_finance, test_handler_order_create
from . import test_handler_shipment_confirmed, test_handler_tracking_event, test_tours
from . import test_health, test_idle_lanes, test_production
from . import test_due, test_due_kinds, test_service_level, test_timing
from . import test_control, test_replay, test_words
from . import test_prepared, test_storing, test_table
from . import test_own_filestore, test_ownership
from . import test_environments
from . import test_catalogue, test_onboarding
from . import test_ownership_created, test_ownership_orders, test_tour_onboarding
from . import test_caller, test_client_certificate, test_keys, test_oauth, test_review
from . import test_sender_proof, test_sender_token, test_signed_webhooks
from . import test_change_races, test_change_request, test_change_trial, test_contract_compatibility, test_drift
from . import test_version_end_decided, test_version_ends
from . import (
    test_audit,
    test_audit_chain,
    test_audit_command,
    test_audit_evidence,
    test_confidential_events,
    test_privacy,
)
from . import test_api_batch, test_api_description, test_api_identity, test_api_reading, test_api_sending
from . import test_cloudevents, test_event_sequence, test_feed, test_feed_flow, test_feed_races
from . import test_subscription
from . import test_translate_command
from . import test_pack_asks, test_pack_salesforce
from . import test_pack_labels
from . import test_outbound_files
from . import test_file, test_interchange
from . import test_transport_security
from . import test_data_regions
from . import test_attacks, test_fuzz_http
from . import test_exports
from . import test_amqp, test_failover, test_kafka, test_mail_delivery, test_mail_gateway, test_proxy
from . import test_api_behaviour, test_api_business, test_api_schemathesis
from . import test_tour_api_page
from . import test_deliver_folder, test_pickup_files, test_pickup_folder, test_sftp
from . import test_edi_envelopes
from . import test_edi_acknowledgements, test_edi_number_races
from . import test_mapping_workbench, test_tour_workbench
from . import test_xref_completion, test_xref_exchange
from . import test_record_lookup
from . import test_tour_missing_codes
from . import test_handlers_by_hand, test_pack_answers, test_pack_pipeline
from . import test_pack_carriage, test_pack_command, test_pack_fetched, test_pack_interchanges
from . import test_acknowledged_lines
from . import test_expectation, test_https_pull
from . import test_systemd
from . import test_tour_packs
from . import test_replies, test_reply_fallback
from . import test_pack_tax_engine
from . import test_tour_transport
from . import test_publish_purchase, test_publish_availability, test_publish_order
from . import test_purchase_answers
from . import test_acknowledged_changes
from . import test_payment_by_invoice
from . import test_pack_x12_effects
from . import test_leaving_together
from . import test_edi_strangers, test_faults_say_where
from . import test_publish_ledger, test_publish_risk
from . import test_shopify_fulfilments
