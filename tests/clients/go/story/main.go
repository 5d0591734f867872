// The story of a payment through the generated client: an order is paid, captured and refunded; a card is declined; a
// mistake in a request is told as a typed object.
package main

import (
	"context"
	"errors"
	"log"
	"os"

	tillgate "tillgate.invalid/client"
)

func setting(name string) string {
	value := os.Getenv(name)
	expect(value != "", name+" is not set")
	return value
}

func expect(holds bool, what ...any) {
	if !holds {
		log.Panicln(what...)
	}
}

func must[T any](answer T, _ any, err error) T {
	if refusal := new(tillgate.GenericOpenAPIError); errors.As(err, &refusal) {
		log.Panicln(err, string(refusal.Body()))
	}
	expect(err == nil, err)
	return answer
}

func yes() tillgate.NullableBool {
	return *tillgate.NewNullableBool(tillgate.PtrBool(true))
}

func link(order string) tillgate.OrderLinkage {
	return *tillgate.NewOrderLinkage(*tillgate.NewOrderLinkageData("orders", order))
}

type shop struct {
	*tillgate.APIClient
	context.Context
}

func open() shop {
	configuration := tillgate.NewConfiguration()
	configuration.Servers = tillgate.ServerConfigurations{{URL: setting("TILLGATE_URL")}}
	client := tillgate.NewAPIClient(configuration)
	credentials := tillgate.NewTokenRequest(tillgate.GRANTTYPE_CLIENT_CREDENTIALS)
	credentials.SetClientId(setting("TILLGATE_CLIENT_ID"))
	credentials.SetClientSecret(setting("TILLGATE_CLIENT_SECRET"))
	background := context.Background()
	token := must(client.AuthenticationAPI.CreateAccessToken(background).TokenRequest(*credentials).Execute())
	return shop{client, context.WithValue(background, tillgate.ContextAccessToken, token.AccessToken)}
}

// order makes an order of two cups.
func (s shop) order() string {
	market := tillgate.NewMarketOptionalLinkageData("markets", setting("TILLGATE_MARKET_ID"))
	data := tillgate.NewCreateOrderData("orders")
	attributes := tillgate.NewCreateOrderAttributes()
	attributes.SetCustomerEmail("jo@example.com")
	data.SetAttributes(*attributes)
	relationships := tillgate.NewCreateOrderRelationships()
	relationships.SetMarket(*tillgate.NewMarketOptionalLinkage(*tillgate.NewNullableMarketOptionalLinkageData(market)))
	data.SetRelationships(*relationships)
	created := must(s.CommerceAPI.CreateOrder(s).CreateOrder(*tillgate.NewCreateOrder(*data)).Execute())
	item := tillgate.NewCreateLineItem(*tillgate.NewCreateLineItemData(
		"line_items",
		*tillgate.NewCreateLineItemAttributes("Espresso cup", 2, 1250),
		*tillgate.NewCreateLineItemRelationships(link(created.Data.Id)),
	))
	must(s.CommerceAPI.CreateLineItem(s).CreateLineItem(*item).Execute())
	return created.Data.Id
}

// pay pays the order with a test card, and authorizes the payment.
func (s shop) pay(order string, card string) {
	data := tillgate.NewCreateStripePaymentData("stripe_payments", *tillgate.NewCreateStripePaymentRelationships(link(order)))
	attributes := tillgate.NewCreateStripePaymentAttributes()
	attributes.SetOptions(map[string]interface{}{"payment_method": card})
	data.SetAttributes(*attributes)
	create := *tillgate.NewCreateStripePayment(*data)
	id := must(s.PaymentSourcesAPI.CreateStripePayment(s).CreateStripePayment(create).Execute()).Data.Id
	change := tillgate.NewUpdateStripePaymentData("stripe_payments", id)
	change.SetAttributes(tillgate.UpdateStripePaymentAttributes{Authorize: yes()})
	authorize := *tillgate.NewUpdateStripePayment(*change)
	must(s.PaymentSourcesAPI.UpdateStripePayment(s, id).UpdateStripePayment(authorize).Execute())
}

func (s shop) onlyAuthorization(order string) tillgate.Authorization {
	found := must(s.CommerceAPI.RetrieveOrderAuthorizations(s, order).Execute())
	expect(found.Meta.RecordCount == 1, found.Meta)
	return found.Data[0]
}

func (s shop) expectPaymentStatus(order string, status tillgate.PaymentStatus) {
	seen := must(s.CommerceAPI.RetrieveOrder(s, order).Execute()).Data.Attributes.PaymentStatus
	expect(seen == status, seen, status)
}

func (s shop) paid() {
	order := s.order()
	s.pay(order, "pm_card_visa")
	data := tillgate.NewUpdateOrderData("orders", order)
	data.SetAttributes(tillgate.UpdateOrderAttributes{Place: yes()})
	place := *tillgate.NewUpdateOrder(*data)
	placed := must(s.CommerceAPI.UpdateOrder(s, order).UpdateOrder(place).Execute()).Data.Attributes
	expect(placed.Status == tillgate.ORDERSTATUS_PLACED, placed.Status)
	s.expectPaymentStatus(order, tillgate.PAYMENTSTATUS_AUTHORIZED)
	expect(placed.TotalAmountWithTaxesCents == 2500 && placed.CurrencyCode == "EUR", placed)
	expect(!placed.PlacedAt.Get().Before(placed.CreatedAt) && placed.ApprovedAt.Get() == nil, placed)

	authorization := s.onlyAuthorization(order)
	expect(authorization.Attributes.AmountCents == 2500, authorization)
	toCapture := tillgate.NewUpdateAuthorizationData("authorizations", authorization.Id)
	toCapture.SetAttributes(tillgate.UpdateAuthorizationAttributes{Capture: yes()})
	change := *tillgate.NewUpdateAuthorization(*toCapture)
	must(s.TransactionsAPI.UpdateAuthorization(s, authorization.Id).UpdateAuthorization(change).Execute())
	s.expectPaymentStatus(order, tillgate.PAYMENTSTATUS_PAID)

	captures := must(s.CommerceAPI.RetrieveOrderCaptures(s, order).Execute()).Data
	expect(len(captures) == 1 && captures[0].Attributes.AmountCents == 2500, captures)
	capture := captures[0].Id
	toRefund := tillgate.NewUpdateCaptureData("captures", capture)
	amount := *tillgate.NewNullableInt64(tillgate.PtrInt64(500))
	toRefund.SetAttributes(tillgate.UpdateCaptureAttributes{Refund: yes(), RefundAmountCents: amount})
	must(s.TransactionsAPI.UpdateCapture(s, capture).UpdateCapture(*tillgate.NewUpdateCapture(*toRefund)).Execute())
	refunds := must(s.TransactionsAPI.RetrieveCaptureRefunds(s, capture).Execute()).Data
	expect(len(refunds) == 1 && refunds[0].Attributes.AmountCents == 500 && refunds[0].Attributes.Succeeded, refunds)
	s.expectPaymentStatus(order, tillgate.PAYMENTSTATUS_PARTIALLY_REFUNDED)

	source := must(s.CommerceAPI.RetrieveOrderPaymentSource(s, order).Execute()).Data.Get()
	expect(source.StripePayment != nil, source)
}

func (s shop) declined() {
	order := s.order()
	s.pay(order, "pm_card_chargeDeclined")
	authorization := s.onlyAuthorization(order).Attributes
	expect(!authorization.Succeeded && authorization.ErrorCode.IsSet(), authorization)
	expect(*authorization.ErrorCode.Get() == "generic_decline", *authorization.ErrorCode.Get())
	s.expectPaymentStatus(order, tillgate.PAYMENTSTATUS_UNPAID)
}

func (s shop) refused() {
	data := tillgate.NewCreateOrderData("orders")
	attributes := tillgate.NewCreateOrderAttributes()
	attributes.SetCustomerEmail("nobody")
	data.SetAttributes(*attributes)
	_, answer, err := s.CommerceAPI.CreateOrder(s).CreateOrder(*tillgate.NewCreateOrder(*data)).Execute()
	refusal := new(tillgate.GenericOpenAPIError)
	expect(errors.As(err, &refusal) && answer.StatusCode == 422, err)
	document, isDocument := refusal.Model().(tillgate.ErrorDocument)
	expect(isDocument && len(document.Errors) == 1, refusal.Model())
	problem := document.Errors[0]
	expect(problem.Code == "VALIDATION_ERROR", problem)
	expect(*problem.Source.Pointer == "/data/attributes/customer_email", *problem.Source.Pointer)
}

func main() {
	shop := open()
	shop.paid()
	shop.declined()
	shop.refused()
}
