"""What the description shows as a body, by operation. Each works in a fresh demo store, in this
order; a test sends them."""

from typing import Any

CONTACT = {"name": "王小明", "phone": "+8613000000001"}

REQUESTS: dict[str, Any] = {
    "create_cart": {},
    "add_cart_line": {"sku": "APPLE-FUJI-3", "quantity": 2},
    "update_cart_line": {"quantity": 3},
    "update_cart": {"contact": CONTACT, "pickup": {"point": "east-gate", "window": 2}},
    "create_order": {
        "lines": [{"sku": "APPLE-FUJI-3", "quantity": 2}, {"sku": "BUN-6", "quantity": 1}],
        "contact": CONTACT,
        "pickup": {"point": "east-gate", "window": 2},
        "expected_total": 4760,
        "note": "下班后来取",
    },
    "admin_record_payment": {"provider": "manual", "method": "at_pickup", "amount": 4760},
    "admin_hand_out": {"lines": [{"line": 1, "quantity": 1}]},
    "admin_undo_hand_out": {"reason": "拿错了袋子"},
    "admin_refund_order": {
        "lines": [{"line": 1, "quantity": 1}],
        "reason": "有一个碰坏了",
        "restock": "write_off",
    },
    "admin_cancel_order": {"reason": "顾客来电取消"},
    "admin_note_order": {"text": "顾客说晚半小时到"},
    "request_login_code": {"phone": "+8613000000001"},
    "admin_create_category": {
        "handle": "juice",
        "title": "鲜榨果汁",
        "parent": "dairy-and-drinks",
        "translations": {"en": {"title": "Fresh juice"}},
    },
    "admin_update_category": {"title": "果汁"},
    "admin_create_product": {
        "handle": "pear-juice",
        "title": "鲜榨梨汁",
        "description": "<p>每天早上现榨，不加糖。</p>",
        "status": "published",
        "unit": "瓶",
        "categories": ["dairy-and-drinks"],
        "tags": ["现做"],
        "options": [{"name": "容量"}],
        "variants": [
            {"sku": "JUICE-PEAR-300", "options": ["300 毫升"], "price": 1280, "stock": 12},
            {"sku": "JUICE-PEAR-500", "options": ["500 毫升"], "price": 1880, "stock": 8},
        ],
    },
    "admin_update_product": {"status": "draft", "tags": ["现做", "冷藏"]},
    "admin_adjust_stock": {"sku": "APPLE-FUJI-3", "delta": -2, "reason": "坏了两袋"},
    "admin_create_pickup_point": {
        "code": "school",
        "name": "小学门口",
        "address": "青禾路 2 号",
        "translations": {"en": {"name": "School gate"}},
    },
    "admin_change_pickup_point": {"opening_hours": "周一至周五 16:00–18:00"},
    "admin_create_window": {
        "point": "school",
        "starts": "2040-05-04T16:00:00+08:00",
        "ends": "2040-05-04T18:00:00+08:00",
        "cut_off": "2040-05-04T12:00:00+08:00",
        "capacity": 30,
    },
    "admin_repeat_windows": {
        "point": "school",
        "days": 14,
        "slots": [
            {
                "starts": "16:00",
                "ends": "18:00",
                "cut_off": "12:00",
                "weekdays": [1, 2, 3, 4, 5],
                "capacity": 30,
            }
        ],
    },
    "admin_change_window": {"capacity": 40},
    "admin_change_customer": {"tags": ["团长"]},
    "admin_create_staff": {"name": "limei", "role": "clerk", "points": ["riverside"]},
    "admin_change_staff": {"points": ["riverside", "east-gate"]},
    "admin_create_token": {"staff": "limei", "label": "柜台的平板", "days": 30},
}
