"""The tests of the shop's client; `contract.py` runs them."""

import os
import unittest
import urllib.request

from shop import Refusal, Shop

URL = os.environ["TILLGATE_URL"]
MARKET = os.environ["TILLGATE_MARKET_ID"]
BASKET = os.environ["TILLGATE_FIXTURE_BASKET_ID"]


class ShopTest(unittest.TestCase):
    def setUp(self) -> None:
        reset = urllib.request.Request(f"{URL}/ephemeral/reset", method="POST")
        with urllib.request.urlopen(reset) as answer:
            self.assertEqual(answer.status, 204)
        self.shop = Shop(URL, os.environ["TILLGATE_CLIENT_ID"], os.environ["TILLGATE_CLIENT_SECRET"])

    def test_an_order_is_made_for_a_customer(self) -> None:
        order = self.shop.create_order(MARKET, "grace@example.com")
        self.assertEqual(order["attributes"]["customer_email"], "grace@example.com")

    def test_a_card_pays_the_basket(self) -> None:
        payment = self.shop.pay(BASKET, "pm_card_visa")
        self.assertEqual(payment["attributes"]["state"], "finished")
        self.assertEqual(self.shop.order(BASKET)["attributes"]["payment_status"], "paid")

    def test_a_declined_card_pays_nothing(self) -> None:
        with self.assertRaises(Refusal) as refused:
            self.shop.pay(BASKET, "pm_card_chargeDeclined")
        self.assertEqual(refused.exception.status, 422)
        self.assertEqual(self.shop.order(BASKET)["attributes"]["payment_status"], "unpaid")
