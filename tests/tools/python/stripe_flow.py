"""Stripe's own SDK drives the sandbox: create, confirm, capture, refund, and declines as its own exceptions.

Run by the test `vendor_sdks` with the sandbox's origin in TILLGATE_SANDBOX_URL.
"""

import os
import uuid

import stripe

# A connection that hangs fails, and the SDK's own retries would hide an unstable sandbox.
stripe.max_network_retries = 0
client = stripe.StripeClient(
    "sk_test_sdkflowsdkflow",
    base_addresses={"api": os.environ["TILLGATE_SANDBOX_URL"].rstrip("/")},
)


def intent(**params):
    """Creates a PaymentIntent for cards, captured by hand."""
    defaults = {"amount": 1999, "currency": "eur", "capture_method": "manual", "payment_method_types": ["card"]}
    return client.v1.payment_intents.create({**defaults, **params})


def raises(kind, call):
    """The exception of exactly this kind that the call raises."""
    try:
        call()
    except stripe.StripeError as error:
        assert type(error) is kind, f"expected {kind.__name__}, got {error!r}"
        return error
    raise AssertionError(f"expected {kind.__name__}, nothing was raised")


def test_create_confirm_capture_refund():
    created = intent(metadata={"order": "A1"})
    assert created.id.startswith("pi_") and created.status == "requires_payment_method", created
    assert created.client_secret.startswith(created.id + "_secret_")
    confirmed = client.v1.payment_intents.confirm(created.id, {"payment_method": "pm_card_visa"})
    assert confirmed.status == "requires_capture" and confirmed.amount_capturable == 1999, confirmed
    captured = client.v1.payment_intents.capture(created.id, {"amount_to_capture": 1500})
    assert captured.status == "succeeded" and captured.amount_received == 1500, captured
    refund = client.v1.refunds.create({"payment_intent": created.id, "amount": 500})
    assert refund.status == "succeeded" and refund.amount == 500, refund
    error = raises(
        stripe.InvalidRequestError,
        lambda: client.v1.refunds.create({"payment_intent": created.id, "amount": 1001}),
    )
    assert error.http_status == 400, error
    found = client.v1.payment_intents.retrieve(created.id)
    assert found.status == "succeeded" and found.metadata["order"] == "A1", found


def test_cancel():
    created = intent(payment_method="pm_card_visa", confirm=True)
    assert created.status == "requires_capture", created
    assert client.v1.payment_intents.cancel(created.id).status == "canceled"


def test_a_decline_is_a_card_error():
    declined = lambda: intent(payment_method="pm_card_visa_chargeDeclinedInsufficientFunds", confirm=True)
    error = raises(stripe.CardError, declined)
    assert (error.http_status, error.code) == (402, "card_declined"), error
    assert error.error.decline_code == "insufficient_funds", error
    assert error.error.payment_intent.status == "requires_payment_method", error


def test_tokens_and_saved_methods():
    method = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    customer = client.v1.customers.create({"email": "ada@example.com"})
    attached = client.v1.payment_methods.attach(method.id, {"customer": customer.id})
    assert attached.customer == customer.id and attached.card.last4 == "4242", attached
    paid = intent(customer=customer.id, payment_method=method.id, confirm=True)
    assert paid.status == "requires_capture", paid


def test_strict_parameters_and_unknown_ids():
    error = raises(stripe.InvalidRequestError, lambda: intent(colour="blue"))
    assert (error.code, error.param) == ("parameter_unknown", "colour"), error
    missing = lambda: client.v1.payment_intents.create({"amount": 100})
    error = raises(stripe.InvalidRequestError, missing)
    assert (error.code, error.param) == ("parameter_missing", "currency"), error
    unknown = lambda: client.v1.payment_intents.retrieve("pi_nothing")
    error = raises(stripe.InvalidRequestError, unknown)
    assert (error.http_status, error.code) == (404, "resource_missing"), error


def test_a_key_replays_its_answer_and_belongs_to_one_request():
    options = {"idempotency_key": str(uuid.uuid4())}
    params = {"amount": 700, "currency": "eur"}
    first = client.v1.payment_intents.create(params, options)
    second = client.v1.payment_intents.create(params, options)
    assert first.id == second.id, (first, second)
    other = lambda: client.v1.payment_intents.create({**params, "amount": 701}, options)
    raises(stripe.IdempotencyError, other)


def test_a_wrong_key_is_an_authentication_error():
    stranger = stripe.StripeClient("nonsense", base_addresses={"api": os.environ["TILLGATE_SANDBOX_URL"].rstrip("/")})
    raises(stripe.AuthenticationError, lambda: stranger.v1.payment_intents.create({"amount": 100, "currency": "eur"}))


for name, test in [item for item in globals().items() if item[0].startswith("test_")]:
    test()
    print("ok", name)
