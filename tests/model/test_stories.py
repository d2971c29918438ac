"""What chance seldom meets, told step by step; shop and model are compared after each one."""

import pytest

from tests.model.machine import Machine

pytestmark = pytest.mark.both_databases


class Story:
    """Calls a step of the machine and compares; `refused` is the code that it must meet."""

    def __init__(self, shop):
        self.machine = type("Shop", (Machine,), {"shop": shop})()
        self.machine.new_product(1000, 9, True)
        self.machine.new_product(999, 9, True)
        self.machine.new_product(500, 0, False)

    def __getattr__(self, step):
        def call(*facts, refused="", **more):
            self.machine.refused = ""
            getattr(self.machine, step)(*facts, **more)
            assert self.machine.refused == refused
            self.machine.shop_and_model_agree()
            self.machine.books_are_right()

        return call

    def order(self, *items, who=0, method="", refused="", window=None, **options):
        """Items are (0 or 1 or 2, units[, pool]); the order is the one that steps without a number
        mean."""
        goods = [(*item, "")[:3] for item in items]
        where = "home" if window is None else "window"
        facts = (who, goods, options, where, window or 0, method, None, False, "")
        self.place(*facts, refused=refused)
        return self.machine.focus

    def paid(self, *items, **more):
        order = self.order(*items, **more)
        if order.balance:
            self.pay(None, "transfer", "whole")
        return order

    def back_to(self, order):
        """What follows happens to this order."""
        self.machine.focus = order

    def free(self, number=0, pool="main"):
        return self.machine.world.variants[f"SKU-{number}"].pools[pool]

    def points(self, who=0):
        return self.machine.world.points(self.machine.world.customers[who])


@pytest.fixture
def story(shop):
    return Story(shop)


def test_units_withdrawn_do_not_come_back_with_the_rest(story):
    story.paid((0, 3))
    story.refund_units(None, 0, 1, False, 0, "restore")
    story.refund_units(None, 0, 1, False, 0, "leave")
    story.cancel(None, False)
    assert story.free() == 8


def test_a_discount_is_split_to_the_last_cent_the_first_line_first(story):
    order = story.order((0, 1), (0, 1), (0, 1), deal={"off": 100})
    assert [line.discount for line in order.lines] == [-34, -33, -33]
    order = story.order((0, 1), (1, 1), (2, 1), deal={"off": 7})
    assert [line.discount for line in order.lines] == [-3, -3, -1]


def test_each_unit_is_worth_its_share_rounded_down_to_begin_with(story):
    order = story.paid((1, 3), deal={"off": 100})
    for _ in range(3):
        story.refund_units(None, 0, 1, False, 0, "leave")
    assert [refund.amount for refund in order.refunds] == [965, 966, 966]


def test_units_are_worth_their_share_of_what_money_refunds_left(story):
    order = story.paid((0, 2))
    story.refund_amount(None, 0, "part", "")
    story.refund_units(None, 0, 1, False, 0, "leave")
    story.refund_units(None, 0, 1, False, 400, "leave", refused="over_refund")
    story.refund_units(None, 0, 1, False, 0, "leave")
    assert [refund.amount for refund in order.refunds] == [667, 666, 667]


def test_who_refunds_more_than_waits_takes_what_waits_first(story):
    order = story.paid((0, 3))
    story.hand_out(None, 0, 2, None)
    story.refund_units(None, 0, 2, False, 0, "restore")
    assert (order.lines[0].withdrawn, order.lines[0].refunded_out) == (1, 1)
    assert (order.state, story.free()) == ("completed", 8)
    story.undo(None)
    assert (order.lines[0].waiting, order.state) == (1, "paid")
    story.hand_out_all(None, False)
    assert order.state == "completed"


def test_hand_outs_are_undone_from_the_last(story):
    order = story.paid((0, 2), (1, 1))
    story.hand_out(None, 0, 1, None)
    story.hand_out(None, 1, 1, None)
    story.cancel(None, False, refused="not_cancellable")
    story.undo(None)
    assert [line.out for line in order.lines] == [1, 0]
    story.undo(None)
    story.undo(None, refused="nothing_to_undo")
    story.cancel(None, True)
    assert (story.free(), story.free(1)) == (9, 9)


def test_goods_in_stock_again_do_not_wait_for_their_buyer(story):
    story.paid((0, 2))
    story.hand_out_all(None, False)
    story.take_back(None, 0, "restore")
    story.undo(None, refused="goods_came_back")
    story.refund_units(None, 0, 1, False, 0, "leave")
    story.undo(None)
    story.cancel(None, False)
    assert story.free() == 9


def test_the_oldest_charge_is_paid_first_and_only_what_was_paid_goes_back(story):
    order = story.paid((0, 1))
    story.charge(None, 300)
    story.charge(None, 500)
    story.pay(None, "transfer", "part")
    assert order.dues() == [34, 500]
    story.refund_amount(None, 0, "whole", refused="over_refund", source="")
    story.refund_amount(None, 1, "whole", "")
    story.pay_cash(None)
    story.refund_amount(None, 0, "whole", "perks")
    assert [charge.refunded for charge in order.charges] == [266, 500]


def test_spent_points_come_back_unit_by_unit_and_whole_when_cancelled(story):
    story.paid((0, 4), perks={"points": 20})
    assert story.points()["available"] == 30
    for left in (35, 40):
        story.refund_units(None, 0, 1, False, 0, "leave")
        assert story.points()["available"] == left
    story.cancel(None, False)
    assert story.points()["available"] == 50


def test_points_return_to_the_lot_taken_last(story):
    story.paid((0, 1))
    story.give_points(0, 20, 0, 30)
    story.paid((0, 6), perks={"points": 60})
    assert story.points()["next_expiry"] is None
    story.refund_units(None, 0, 1, False, 0, "leave")
    assert (story.points()["available"], story.points()["next_expiry"]) == (20, None)
    story.refund_units(None, 0, 3, False, 0, "leave")
    story.refund_units(None, 0, 1, False, 0, "leave")
    assert story.points()["next_expiry"] is not None


def test_points_wait_are_spent_and_taken_back_as_a_debt_that_earnings_pay(story):
    first = story.paid((0, 5))
    story.hand_out_all(None, False)
    assert story.points()["pending"] == 50
    story.order((0, 1), perks={"points": 70}, refused="insufficient_balance")
    story.time_goes_on(2)
    story.paid((0, 1), perks={"points": 90})
    assert story.points()["available"] == 10
    story.back_to(first)
    story.refund_units(None, 0, 3, False, 0, "leave")
    assert (story.points()["available"], story.points()["debt"]) == (0, 20)
    story.paid((1, 3))
    story.hand_out_all(None, False)
    assert (story.points()["pending"], story.points()["debt"]) == (9, 0)
    story.undo(None)
    assert story.points()["debt"] == 20


def test_a_reaction_that_fails_has_done_nothing_until_the_jobs_run(story):
    story.paid((0, 5), perks={"points": 20})
    story.break_reaction()
    story.refund_units(None, 0, 1, False, 0, "leave")
    assert story.points()["available"] == 30
    story.hand_out_all(None, False)
    assert story.points()["pending"] == 0
    story.time_goes_on(1)
    assert (story.points()["available"], story.points()["pending"]) == (34, 38)


def test_seats_are_few_and_one_for_a_customer_until_it_is_let_go(story):
    story.change_seats(2)
    seat = {"seat": True}
    story.order((2, 1), method="transfer", perks=seat)
    story.order((2, 1), perks=seat, refused="already_claimed")
    second = story.order((2, 1), who=1, perks=seat)
    story.order((2, 1), who=2, perks=seat, refused="fully_claimed")
    story.back_to(second)
    story.let_go(None, True)
    story.order((2, 1), who=2, perks=seat)
    story.time_goes_on(24)
    assert len(story.machine.world.seats.orders) == 1
    story.change_seats(1)
    story.order((2, 1), who=3, perks=seat, refused="fully_claimed")


def test_a_cart_becomes_an_order_once(story):
    story.open_cart([(0, 2, ""), (0, 1, "")], {})
    story.change_cart(0, (1, 1, ""), {"deal": {"fee": 200}})
    story.order_cart(0, 0, "home", 0, "", 0)
    story.order_cart(0, 0, "home", 0, "", 0, refused="not_found")
    assert (story.free(), story.free(1)) == (6, 8)


def test_a_cart_is_forgotten_after_a_month(story):
    story.open_cart([(0, 1, "")], {})
    for _ in range(3):
        story.time_goes_on(200)
    story.change_cart(0, (0, 1, ""), {})
    for _ in range(4):
        story.time_goes_on(200)
    story.order_cart(0, 0, "home", 0, "", None, refused="not_found")
    story.change_cart(0, (0, 1, ""), {})


def test_only_so_many_orders_stand_unpaid(story):
    orders = [story.order((2, 1)) for _ in range(3)]
    story.order((2, 1), refused="too_many_unpaid_orders")
    story.order((2, 1), who=1)
    story.back_to(orders[0])
    story.pay_cash(None)
    story.order((2, 1))


def test_lines_share_a_pool_and_its_units_go_back_to_it_while_it_is_open(story):
    story.open_pool(0, "a", 3)
    story.order((0, 2, "a"), (0, 2, "a"), refused="sold_out")
    story.order((0, 4, "a"), refused="sold_out")
    first = story.paid((0, 1, "a"))
    story.paid((0, 2, "a"))
    story.cancel(None, False)
    assert story.free(0, "deal:a") == 2
    story.close_pool("a")
    story.back_to(first)
    story.refund_units(None, 0, 1, False, 0, "restore")
    assert (story.free(0, "deal:a"), story.free()) == (0, 9)
    story.open_pool(0, "a", 1, refused="pool_closed")
    story.order((0, 1, "a"), refused="sold_out")


def test_money_that_came_too_late_waits_until_it_is_used_or_given_back(story):
    late = story.order((0, 1), method="transfer")
    story.expire_again(None)
    story.time_goes_on(23)
    assert late.state == "pending"
    story.time_goes_on(1)
    assert (late.state, late.reason) == ("cancelled", "expired")
    story.pay(None, "at_pickup", "whole")
    story.settle_suspense(0, True, False, refused="order_cancelled")
    order = story.order((0, 2))
    story.settle_suspense(0, True, True)
    story.settle_suspense(0, True, True, refused="suspense_settled")
    assert (order.balance, order.state) == (1997, "pending")


def test_money_given_back_is_gone_and_twice_is_too_often(story):
    story.paid((0, 1))
    story.pay(None, "at_pickup", "much", refused="over_balance")
    story.pay(None, "transfer", "much")
    story.settle_suspense(0, True, False, refused="nothing_to_pay")
    story.settle_suspense(0, False, False)
    story.settle_suspense(0, False, False, refused="suspense_settled")


def test_an_order_is_paid_by_its_last_cent_and_not_before(story):
    order = story.order((0, 1), (1, 1), deal={"fee": 200})
    story.pay(None, "transfer", "short")
    assert (order.state, order.balance) == ("pending", 1)
    story.hand_out(None, 0, None, None, refused="unpaid")
    story.pay(None, "at_pickup", "much", refused="over_balance")
    story.pay_cash(None)
    assert order.state == "paid"


def test_who_hands_out_takes_the_balance_and_nothing_else(story):
    order = story.order((0, 1))
    story.hand_out(None, 0, None, {"amount": 1}, refused="balance_differs")
    story.hand_out(None, 0, None, {"method": "transfer"})
    story.charge(None, 50)
    story.undo(None)
    story.hand_out_all(None, False, refused="unpaid")
    story.hand_out_all(None, True)
    assert (order.state, order.balance) == ("completed", 0)


def test_what_was_paid_in_part_goes_back_over_all_rows(story):
    order = story.order((0, 2), (1, 1), deal={"fee": 200, "deposit": 500})
    story.pay(None, "transfer", "part")
    story.cancel(None, True)
    assert [row[3] for row in order.refunds[0].rows] == [667, 333, 67, 166]


def test_payment_ends_the_deadline(story):
    order = story.paid((0, 1), method="transfer")
    story.time_goes_on(25)
    story.expire_again(None)
    assert order.state == "paid"


def test_who_does_not_come_is_reminded_and_a_day_later_cancelled(story):
    story.new_window(2)
    order = story.paid((0, 1), window=0)
    held = story.paid((0, 1), window=0, perks={"hold": True})
    story.time_goes_on(3)
    story.cancel(None, True, refused="too_late_to_cancel")
    story.order((0, 1), window=0, refused="window_closed")
    story.time_goes_on(7)
    assert (order.events[-1], held.events[-1]) == ("reminder", "paid")
    story.time_goes_on(23)
    assert order.state == "paid"
    story.time_goes_on(1)
    assert (order.reason, held.state) == ("no_show", "paid")


def test_a_window_is_for_so_many_orders_and_for_none_when_it_is_retired(story):
    story.new_window(1)
    story.order((0, 1), window=0)
    story.order((0, 1), window=0, refused="window_full")
    story.change_window(0, 2, False)
    story.order((0, 1), window=0)
    story.cancel(None, True)
    story.change_window(0, 2, True)
    story.order((0, 1), window=0, refused="window_unknown")


def test_who_was_erased_comes_as_a_stranger(story):
    story.paid((0, 1))
    story.erase(0, refused="open_orders")
    story.hand_out_all(None, False)
    story.erase(0)
    story.refund_units(None, 0, 1, False, 0, "restore")
    story.order((0, 1))
    assert len(story.machine.world.customers) == 2


def test_every_call_that_moved_money_is_answered_again(story):
    story.paid((0, 2))
    story.refund_units(None, 0, 1, False, 0, "restore")
    story.charge(None, 100)
    story.hand_out_all(None, True)
    for number in range(5):
        story.repeat(number)
    assert len(story.machine.again) == 5
    story.time_goes_on(24)
    story.repeat(0)
    assert len(story.machine.again) == 2
