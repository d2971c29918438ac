"""The tables of the core, one file per noun."""

from shop.models.base import Code, JsonField, Money, Row, StoreRow, UtcField
from shop.models.cart import Cart, CartLine
from shop.models.claim import Claim, Counter
from shop.models.customer import Attempt, Customer, LoginCode, OncePerPhone, Staff, Token
from shop.models.job import Audit, Event, Idempotency, Job, Lease
from shop.models.ledger import Account, Entry, Lot, Movement, Seal
from shop.models.numbering import Numbering
from shop.models.order import (
    Allocation,
    Charge,
    HandOut,
    Hold,
    Order,
    OrderAdjustment,
    OrderLine,
)
from shop.models.payment import Notice, Payment, Refund, RefundPart, RefundRow, Suspense
from shop.models.pickup import PickupPoint, PickupWindow
from shop.models.picture import RemotePicture
from shop.models.price import Price
from shop.models.product import Category, Product, ProductCategory, SearchTerm, Variant
from shop.models.stock import Stock, StockMovement
from shop.models.store import Store

CORE: tuple[type[Row], ...] = (
    Store, Category, Product, ProductCategory, Variant, SearchTerm, Price, Stock, StockMovement,
    Customer, OncePerPhone, LoginCode, Attempt, Staff, Token, PickupPoint, PickupWindow, Cart,
    CartLine, Order, OrderLine, OrderAdjustment, Allocation, Charge, Hold, HandOut, Payment, Notice,
    Suspense, Refund, RefundRow, RefundPart, Counter, Claim, Account, Movement, Lot, Entry, Seal,
    Event, Job, Lease, Audit, Idempotency, Numbering, RemotePicture,
)  # fmt: skip

__all__ = [
    "CORE", "Account", "Allocation", "Attempt", "Audit", "Cart", "CartLine", "Category", "Charge",
    "Claim", "Code", "Counter", "Customer", "Entry", "Event", "HandOut", "Hold", "Idempotency",
    "Job", "JsonField", "Lease", "LoginCode", "Lot", "Money", "Movement", "Notice", "Numbering",
    "OncePerPhone", "Order", "OrderAdjustment", "OrderLine", "Payment", "PickupPoint",
    "PickupWindow", "Price", "Product", "ProductCategory", "Refund", "RefundPart", "RefundRow",
    "RemotePicture", "Row", "Seal", "SearchTerm", "Staff", "Stock", "StockMovement", "Store",
    "StoreRow", "Suspense", "Token", "UtcField", "Variant",
]  # fmt: skip
