<?php

// The story of a payment through the generated client: an order is paid, captured and refunded; a card is declined; a
// mistake in a request is told as a typed object.

declare(strict_types=1);

use GuzzleHttp\Client;
use Tillgate\Client\Api\AuthenticationApi;
use Tillgate\Client\Api\CommerceApi;
use Tillgate\Client\Api\PaymentSourcesApi;
use Tillgate\Client\Api\TransactionsApi;
use Tillgate\Client\ApiException;
use Tillgate\Client\Configuration;
use Tillgate\Client\Model;

require 'GuzzleHttp/autoload.php';

// What Composer does for an installed package.
spl_autoload_register(function (string $class): void {
    $prefix = 'Tillgate\\Client\\';
    if (str_starts_with($class, $prefix)) {
        require getenv('TILLGATE_CLIENT_LIB') . '/' . strtr(substr($class, strlen($prefix)), '\\', '/') . '.php';
    }
});

function expect(bool $holds, mixed $what): void
{
    if (!$holds) {
        throw new RuntimeException('not as expected: ' . print_r($what, true));
    }
}

function link_to(string $order): Model\OrderLinkage
{
    return new Model\OrderLinkage(['data' => new Model\OrderLinkageData(['type' => 'orders', 'id' => $order])]);
}

final class Shop
{
    private CommerceApi $commerce;
    private PaymentSourcesApi $paymentSources;
    private TransactionsApi $transactions;

    public function __construct()
    {
        $configuration = (new Configuration())->setHost(getenv('TILLGATE_URL'));
        $http = new Client();
        $token = (new AuthenticationApi($http, $configuration))->createAccessToken(new Model\TokenRequest([
            'grant_type' => Model\GrantType::CLIENT_CREDENTIALS,
            'client_id' => getenv('TILLGATE_CLIENT_ID'),
            'client_secret' => getenv('TILLGATE_CLIENT_SECRET'),
        ]));
        $configuration->setAccessToken($token->getAccessToken());
        $this->commerce = new CommerceApi($http, $configuration);
        $this->paymentSources = new PaymentSourcesApi($http, $configuration);
        $this->transactions = new TransactionsApi($http, $configuration);
    }

    /** An order of two cups; its id. */
    private function order(): string
    {
        $market = new Model\MarketOptionalLinkageData(['type' => 'markets', 'id' => getenv('TILLGATE_MARKET_ID')]);
        $order = $this->commerce->createOrder(new Model\CreateOrder(['data' => new Model\CreateOrderData([
            'type' => 'orders',
            'attributes' => new Model\CreateOrderAttributes(['customer_email' => 'jo@example.com']),
            'relationships' => new Model\CreateOrderRelationships([
                'market' => new Model\MarketOptionalLinkage(['data' => $market]),
            ]),
        ])]))->getData()->getId();
        $this->commerce->createLineItem(new Model\CreateLineItem(['data' => new Model\CreateLineItemData([
            'type' => 'line_items',
            'attributes' => new Model\CreateLineItemAttributes([
                'name' => 'Espresso cup',
                'unit_amount_cents' => 1250,
                'quantity' => 2,
            ]),
            'relationships' => new Model\CreateLineItemRelationships(['order' => link_to($order)]),
        ])]));
        return $order;
    }

    /** Pays the order with a test card, and authorizes the payment. */
    private function pay(string $order, string $card): void
    {
        $payment = new Model\CreateStripePayment(['data' => new Model\CreateStripePaymentData([
            'type' => 'stripe_payments',
            'attributes' => new Model\CreateStripePaymentAttributes(['options' => ['payment_method' => $card]]),
            'relationships' => new Model\CreateStripePaymentRelationships(['order' => link_to($order)]),
        ])]);
        $id = $this->paymentSources->createStripePayment($payment)->getData()->getId();
        $authorize = new Model\UpdateStripePaymentData([
            'type' => 'stripe_payments',
            'id' => $id,
            'attributes' => new Model\UpdateStripePaymentAttributes(['_authorize' => true]),
        ]);
        $this->paymentSources->updateStripePayment($id, new Model\UpdateStripePayment(['data' => $authorize]));
    }

    private function onlyAuthorization(string $order): Model\Authorization
    {
        $found = $this->commerce->retrieveOrderAuthorizations($order);
        expect($found->getMeta()->getRecordCount() === 1, $found);
        return $found->getData()[0];
    }

    private function expectPaymentStatus(string $order, string $status): void
    {
        $seen = $this->commerce->retrieveOrder($order)->getData()->getAttributes()->getPaymentStatus();
        expect($seen === $status, [$seen, $status]);
    }

    public function paid(): void
    {
        $order = $this->order();
        $this->pay($order, 'pm_card_visa');
        $place = new Model\UpdateOrderData([
            'type' => 'orders',
            'id' => $order,
            'attributes' => new Model\UpdateOrderAttributes(['_place' => true]),
        ]);
        $placed = $this->commerce->updateOrder($order, new Model\UpdateOrder(['data' => $place]));
        $placed = $placed->getData()->getAttributes();
        expect($placed->getStatus() === Model\OrderStatus::PLACED, $placed);
        expect($placed->getPaymentStatus() === Model\PaymentStatus::AUTHORIZED, $placed);
        expect($placed->getTotalAmountWithTaxesCents() === 2500 && $placed->getCurrencyCode() === 'EUR', $placed);
        expect($placed->getPlacedAt() instanceof DateTime && $placed->getApprovedAt() === null, $placed);

        $authorization = $this->onlyAuthorization($order);
        expect($authorization->getAttributes()->getAmountCents() === 2500, $authorization);
        $capture = new Model\UpdateAuthorizationData([
            'type' => 'authorizations',
            'id' => $authorization->getId(),
            'attributes' => new Model\UpdateAuthorizationAttributes(['_capture' => true]),
        ]);
        $capture = new Model\UpdateAuthorization(['data' => $capture]);
        $this->transactions->updateAuthorization($authorization->getId(), $capture);
        $this->expectPaymentStatus($order, Model\PaymentStatus::PAID);

        [$capture] = $this->commerce->retrieveOrderCaptures($order)->getData();
        expect($capture->getAttributes()->getAmountCents() === 2500, $capture);
        $refund = new Model\UpdateCaptureData([
            'type' => 'captures',
            'id' => $capture->getId(),
            'attributes' => new Model\UpdateCaptureAttributes(['_refund' => true, '_refund_amount_cents' => 500]),
        ]);
        $this->transactions->updateCapture($capture->getId(), new Model\UpdateCapture(['data' => $refund]));
        [$refund] = $this->transactions->retrieveCaptureRefunds($capture->getId())->getData();
        expect($refund->getAttributes()->getAmountCents() === 500 && $refund->getAttributes()->getSucceeded(), $refund);
        $this->expectPaymentStatus($order, Model\PaymentStatus::PARTIALLY_REFUNDED);
    }

    public function declined(): void
    {
        $order = $this->order();
        $this->pay($order, 'pm_card_chargeDeclined');
        $authorization = $this->onlyAuthorization($order)->getAttributes();
        expect(!$authorization->getSucceeded(), $authorization);
        expect($authorization->getErrorCode() === 'generic_decline', $authorization);
        $this->expectPaymentStatus($order, Model\PaymentStatus::UNPAID);
    }

    public function refused(): void
    {
        $attributes = new Model\CreateOrderAttributes(['customer_email' => 'nobody']);
        $data = new Model\CreateOrderData(['type' => 'orders', 'attributes' => $attributes]);
        try {
            $this->commerce->createOrder(new Model\CreateOrder(['data' => $data]));
        } catch (ApiException $refusal) {
            expect($refusal->getCode() === 422, $refusal->getMessage());
            $document = $refusal->getResponseObject();
            expect($document instanceof Model\ErrorDocument && count($document->getErrors()) === 1, $document);
            [$problem] = $document->getErrors();
            expect($problem->getCode() === 'VALIDATION_ERROR', $problem);
            expect($problem->getSource()->getPointer() === '/data/attributes/customer_email', $problem);
            return;
        }
        throw new RuntimeException('the request was not refused');
    }
}

$shop = new Shop();
$shop->paid();
$shop->declined();
$shop->refused();
