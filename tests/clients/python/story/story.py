"""The story of a payment through the generated client: an order is paid, captured and refunded; a card is declined; a
mistake in a request is told as a typed object."""

import datetime
import os

import tillgate_client as tillgate

configuration = tillgate.Configuration(host=os.environ["TILLGATE_URL"])
credentials = tillgate.TokenRequest(
    grant_type=tillgate.GrantType.CLIENT_CREDENTIALS,
    client_id=os.environ["TILLGATE_CLIENT_ID"],
    client_secret=os.environ["TILLGATE_CLIENT_SECRET"],
)
with tillgate.ApiClient(configuration) as anonymous:
    token = tillgate.AuthenticationApi(anonymous).create_access_token(credentials)
configuration.access_token = token.access_token
client = tillgate.ApiClient(configuration)
commerce = tillgate.CommerceApi(client)
payment_sources = tillgate.PaymentSourcesApi(client)
transactions = tillgate.TransactionsApi(client)


def new_order() -> str:
    """An order of two cups; its id."""
    market = tillgate.MarketOptionalLinkageData(type="markets", id=os.environ["TILLGATE_MARKET_ID"])
    created = commerce.create_order(
        tillgate.CreateOrder(
            data=tillgate.CreateOrderData(
                type="orders",
                attributes=tillgate.CreateOrderAttributes(customer_email="jo@example.com"),
                relationships=tillgate.CreateOrderRelationships(market=tillgate.MarketOptionalLinkage(data=market)),
            )
        )
    )
    commerce.create_line_item(
        tillgate.CreateLineItem(
            data=tillgate.CreateLineItemData(
                type="line_items",
                attributes=tillgate.CreateLineItemAttributes(name="Espresso cup", unit_amount_cents=1250, quantity=2),
                relationships=tillgate.CreateLineItemRelationships(order=link(created.data.id)),
            )
        )
    )
    return created.data.id


def link(order: str) -> tillgate.OrderLinkage:
    return tillgate.OrderLinkage(data=tillgate.OrderLinkageData(type="orders", id=order))


def pay(order: str, card: str) -> None:
    """Pays the order with a test card, and authorizes the payment."""
    payment = payment_sources.create_stripe_payment(
        tillgate.CreateStripePayment(
            data=tillgate.CreateStripePaymentData(
                type="stripe_payments",
                attributes=tillgate.CreateStripePaymentAttributes(options={"payment_method": card}),
                relationships=tillgate.CreateStripePaymentRelationships(order=link(order)),
            )
        )
    )
    payment_sources.update_stripe_payment(
        payment.data.id,
        tillgate.UpdateStripePayment(
            data=tillgate.UpdateStripePaymentData(
                type="stripe_payments",
                id=payment.data.id,
                attributes=tillgate.UpdateStripePaymentAttributes(authorize=True),
            )
        ),
    )


def only_authorization(order: str) -> tillgate.Authorization:
    found = commerce.retrieve_order_authorizations(order)
    assert found.meta.record_count == 1, found
    return found.data[0]


def payment_status(order: str) -> tillgate.PaymentStatus:
    return commerce.retrieve_order(order).data.attributes.payment_status


def paid() -> None:
    order = new_order()
    pay(order, "pm_card_visa")
    placed = commerce.update_order(
        order,
        tillgate.UpdateOrder(
            data=tillgate.UpdateOrderData(
                type="orders", id=order, attributes=tillgate.UpdateOrderAttributes(place=True)
            )
        ),
    ).data.attributes
    assert placed.status is tillgate.OrderStatus.PLACED, placed
    assert placed.payment_status is tillgate.PaymentStatus.AUTHORIZED, placed
    assert (placed.total_amount_with_taxes_cents, placed.currency_code) == (2500, "EUR"), placed
    assert isinstance(placed.placed_at, datetime.datetime) and placed.approved_at is None, placed

    authorization = only_authorization(order)
    assert authorization.attributes.amount_cents == 2500, authorization
    transactions.update_authorization(
        authorization.id,
        tillgate.UpdateAuthorization(
            data=tillgate.UpdateAuthorizationData(
                type="authorizations",
                id=authorization.id,
                attributes=tillgate.UpdateAuthorizationAttributes(capture=True),
            )
        ),
    )
    assert payment_status(order) is tillgate.PaymentStatus.PAID

    [capture] = commerce.retrieve_order_captures(order).data
    assert capture.attributes.amount_cents == 2500, capture
    transactions.update_capture(
        capture.id,
        tillgate.UpdateCapture(
            data=tillgate.UpdateCaptureData(
                type="captures",
                id=capture.id,
                attributes=tillgate.UpdateCaptureAttributes(refund=True, refund_amount_cents=500),
            )
        ),
    )
    [refund] = transactions.retrieve_capture_refunds(capture.id).data
    assert refund.attributes.amount_cents == 500 and refund.attributes.succeeded, refund
    assert payment_status(order) is tillgate.PaymentStatus.PARTIALLY_REFUNDED
    source = commerce.retrieve_order_payment_source(order).data.actual_instance
    assert isinstance(source, tillgate.StripePayment), source


def declined() -> None:
    order = new_order()
    pay(order, "pm_card_chargeDeclined")
    authorization = only_authorization(order).attributes
    assert not authorization.succeeded, authorization
    assert authorization.error_code == "generic_decline", authorization
    assert payment_status(order) is tillgate.PaymentStatus.UNPAID


def refused() -> None:
    attributes = tillgate.CreateOrderAttributes(customer_email="nobody")
    try:
        commerce.create_order(
            tillgate.CreateOrder(data=tillgate.CreateOrderData(type="orders", attributes=attributes))
        )
    except tillgate.ApiException as error:
        assert error.status == 422, error
        assert isinstance(error.data, tillgate.ErrorDocument), error.data
        [problem] = error.data.errors
        assert problem.code == "VALIDATION_ERROR", problem
        assert problem.source.pointer == "/data/attributes/customer_email", problem
    else:
        raise AssertionError("the request was not refused")


paid()
declined()
refused()
