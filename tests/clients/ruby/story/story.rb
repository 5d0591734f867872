# frozen_string_literal: true

# The story of a payment through the generated client: an order is paid, captured and refunded; a card is declined; a
# mistake in a request is told as a typed object.

require 'json'
require 'tillgate-client'
require 'uri'

include TillgateClient

def expect(holds, what)
  raise "not as expected: #{what.inspect}" unless holds
end

origin = URI(ENV.fetch('TILLGATE_URL'))
CLIENT = ApiClient.new(
  Configuration.new do |configuration|
    configuration.scheme = origin.scheme
    configuration.host = "#{origin.host}:#{origin.port}"
  end
)
COMMERCE = CommerceApi.new(CLIENT)
PAYMENT_SOURCES = PaymentSourcesApi.new(CLIENT)
TRANSACTIONS = TransactionsApi.new(CLIENT)

def authenticate
  credentials = TokenRequest.new(
    grant_type: GrantType::CLIENT_CREDENTIALS,
    client_id: ENV.fetch('TILLGATE_CLIENT_ID'),
    client_secret: ENV.fetch('TILLGATE_CLIENT_SECRET')
  )
  CLIENT.config.access_token = AuthenticationApi.new(CLIENT).create_access_token(credentials).access_token
end

def link(order)
  OrderLinkage.new(data: OrderLinkageData.new(type: 'orders', id: order))
end

# An order of two cups; its id.
def order
  market = MarketOptionalLinkageData.new(type: 'markets', id: ENV.fetch('TILLGATE_MARKET_ID'))
  created = COMMERCE.create_order(
    CreateOrder.new(
      data: CreateOrderData.new(
        type: 'orders',
        attributes: CreateOrderAttributes.new(customer_email: 'jo@example.com'),
        relationships: CreateOrderRelationships.new(market: MarketOptionalLinkage.new(data: market))
      )
    )
  )
  COMMERCE.create_line_item(
    CreateLineItem.new(
      data: CreateLineItemData.new(
        type: 'line_items',
        attributes: CreateLineItemAttributes.new(name: 'Espresso cup', unit_amount_cents: 1250, quantity: 2),
        relationships: CreateLineItemRelationships.new(order: link(created.data.id))
      )
    )
  )
  created.data.id
end

# Pays the order with a test card, and authorizes the payment.
def pay(order, card)
  payment = PAYMENT_SOURCES.create_stripe_payment(
    CreateStripePayment.new(
      data: CreateStripePaymentData.new(
        type: 'stripe_payments',
        attributes: CreateStripePaymentAttributes.new(options: { payment_method: card }),
        relationships: CreateStripePaymentRelationships.new(order: link(order))
      )
    )
  ).data
  authorize = UpdateStripePaymentAttributes.new(_authorize: true)
  data = UpdateStripePaymentData.new(type: 'stripe_payments', id: payment.id, attributes: authorize)
  PAYMENT_SOURCES.update_stripe_payment(payment.id, UpdateStripePayment.new(data: data))
end

def only_authorization(order)
  found = COMMERCE.retrieve_order_authorizations(order)
  expect(found.meta.record_count == 1, found)
  found.data.first
end

def expect_payment_status(order, status)
  seen = COMMERCE.retrieve_order(order).data.attributes.payment_status
  expect(seen == status, [seen, status])
end

def paid
  id = order
  pay(id, 'pm_card_visa')
  place = UpdateOrderData.new(type: 'orders', id: id, attributes: UpdateOrderAttributes.new(_place: true))
  placed = COMMERCE.update_order(id, UpdateOrder.new(data: place)).data.attributes
  expect(placed.status == OrderStatus::PLACED, placed)
  expect(placed.payment_status == PaymentStatus::AUTHORIZED, placed)
  expect([placed.total_amount_with_taxes_cents, placed.currency_code] == [2500, 'EUR'], placed)
  expect(placed.placed_at.is_a?(Time) && placed.approved_at.nil?, placed)

  authorization = only_authorization(id)
  expect(authorization.attributes.amount_cents == 2500, authorization)
  attributes = UpdateAuthorizationAttributes.new(_capture: true)
  data = UpdateAuthorizationData.new(type: 'authorizations', id: authorization.id, attributes: attributes)
  TRANSACTIONS.update_authorization(authorization.id, UpdateAuthorization.new(data: data))
  expect_payment_status(id, PaymentStatus::PAID)

  capture = COMMERCE.retrieve_order_captures(id).data.first
  expect(capture.attributes.amount_cents == 2500, capture)
  attributes = UpdateCaptureAttributes.new(_refund: true, _refund_amount_cents: 500)
  data = UpdateCaptureData.new(type: 'captures', id: capture.id, attributes: attributes)
  TRANSACTIONS.update_capture(capture.id, UpdateCapture.new(data: data))
  refund = TRANSACTIONS.retrieve_capture_refunds(capture.id).data.first
  expect(refund.attributes.amount_cents == 500 && refund.attributes.succeeded, refund)
  expect_payment_status(id, PaymentStatus::PARTIALLY_REFUNDED)
  source = COMMERCE.retrieve_order_payment_source(id).data
  expect(source.is_a?(StripePayment), source)
end

def declined
  id = order
  pay(id, 'pm_card_chargeDeclined')
  authorization = only_authorization(id).attributes
  expect(!authorization.succeeded && authorization.error_code == 'generic_decline', authorization)
  expect_payment_status(id, PaymentStatus::UNPAID)
end

def refused
  attributes = CreateOrderAttributes.new(customer_email: 'nobody')
  COMMERCE.create_order(CreateOrder.new(data: CreateOrderData.new(type: 'orders', attributes: attributes)))
rescue ApiError => e
  expect(e.code == 422, e)
  document = ErrorDocument.build_from_hash(JSON.parse(e.response_body, symbolize_names: true))
  expect(document.errors.size == 1, document)
  problem = document.errors.first
  expect(problem.code == 'VALIDATION_ERROR', problem)
  expect(problem.source.pointer == '/data/attributes/customer_email', problem)
else
  raise 'the request was not refused'
end

authenticate
paid
declined
refused
