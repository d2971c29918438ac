"""A team in the life of its orders: complete in time, or everyone gets the money back once."""

import pytest

from shop import Conflict, Reject, db
from shop.carts.quote import Item
from shop.clock import HOUR, MINUTE, to_us
from shop.messages import channels
from shop.orders import holds, orders
from shop.payments import payments, refunds
from shop.pickup import points, timetable
from shop.stock import claims
from shop_plugins.group_buy import campaigns, shown, teams

pytestmark = pytest.mark.both_databases


def refused(code):
    return pytest.raises(Reject, match=code)


def transfer(teamed, order, amount=None):
    due = teamed.seen(order).total if amount is None else amount
    return payments.record(teamed.ctx, order.id, "manual", "transfer", due)


# -- the way to a full team ----------------------------------------------------------------------


def test_three_who_pay_are_a_team_and_their_orders_can_be_handed_out(teamed):
    first = teamed.opens()
    assert (first.total, first.lines[0].source) == (4500, "group_buy")
    team = teamed.team(first)
    assert teamed.seen(first).holds == [{"by": "group_buy", "reason": "等待成团"}]
    second = teamed.joins(team)
    assert (teamed.again(team).state, teamed.again(team).paid) == ("open", 2)
    third = teamed.joins(team)
    assert (teamed.again(team).state, teamed.again(team).paid) == ("complete", 3)
    assert teamed.seen(third).holds == []
    teamed.shop.run_jobs()
    assert [teamed.seen(order).holds for order in (first, second, third)] == [[], [], []]
    teamed.shop.hand_out(teamed.seen(first))
    assert teamed.seen(first).state == "completed"


def test_only_who_has_paid_counts(teamed):
    team = teamed.team(teamed.opens())
    late = teamed.joins(team, "placed")
    teamed.joins(team)
    assert (teamed.again(team).state, teamed.again(team).paid) == ("open", 2)
    transfer(teamed, late)
    assert teamed.again(team).state == "complete"


def test_a_seat_is_kept_for_who_has_not_paid_until_the_order_expires(teamed):
    team = teamed.team(teamed.opens())
    for _ in range(2):
        teamed.joins(team, "placed")
    assert teamed.problems({"join": team.code}) == ["team_full"]
    with refused("team_full"):
        teamed.joins(team, "placed")
    teamed.shop.forward(minutes=16)
    assert claims.left(teamed.ctx, teams.seats(team.code)) == 2
    assert teamed.problems({"join": team.code}) == []


def test_a_customer_has_one_seat_in_a_team_and_may_be_in_several(teamed):
    customer = teamed.shop.customer()
    team = teamed.team(teamed.opens(customer=customer))
    assert teamed.problems({"join": team.code}, customer=customer) == ["group_buy_already_in"]
    with refused("group_buy_already_in"):
        teamed.joins(team, "placed", customer=customer)
    assert teamed.team(teamed.opens(customer=customer)).code != team.code


def test_the_limit_of_a_customer_counts_units_of_all_his_teams(teamed):
    customer = teamed.shop.customer()
    campaign = teamed.make(per_customer=3)
    teamed.opens(campaign=campaign, units=2, customer=customer)
    with refused("over_limit") as facts:
        teamed.opens(campaign=campaign, units=2, customer=customer)
    assert (facts.value.facts["limit"], facts.value.facts["have"]) == (3, 4)
    teamed.opens(campaign=campaign, units=1, customer=customer)


def test_no_more_teams_than_the_campaign_allows_and_a_failed_one_makes_room(teamed):
    campaign = teamed.make(teams=1, hours=2)
    teamed.opens(campaign=campaign)
    assert teamed.problems({"open": campaign.id}) == ["group_buy_no_more_teams"]
    with refused("group_buy_no_more_teams"):
        teamed.opens("placed", campaign=campaign)
    teamed.shop.forward(hours=2)
    teamed.opens(campaign=campaign)


# -- what stands in the way ----------------------------------------------------------------------


def test_a_team_line_is_bought_alone(teamed):
    jam = teamed.shop.product(900)
    options = {"group_buy": {"open": teamed.campaign.id}}
    quoted = teamed.shop.up_to("quoted", [Item("BOX", 1, options), Item(jam.sku, 1)])
    assert [problem.code for problem in quoted.problems] == ["buy_alone"]


def test_the_money_comes_first(teamed):
    with refused("prepay_required"):
        teamed.opens("placed", payment={"provider": "manual", "method": "at_pickup"})


def test_what_is_unknown_early_late_or_of_something_else_is_said(teamed):
    scheduled = teamed.make(starts=teamed.ctx.now_us + HOUR)
    team = teamed.team(teamed.opens())
    jam = teamed.shop.product(900)
    other = [Item(jam.sku, 1, {"group_buy": {"join": team.code}})]
    assert teamed.problems({"open": 999}) == ["group_buy_unknown_campaign"]
    assert teamed.problems({"open": scheduled.id}) == ["not_started"]
    assert teamed.problems({"join": "nobody"}) == ["group_buy_unknown_team"]
    found = teamed.shop.up_to("quoted", other).problems
    assert [problem.code for problem in found] == ["group_buy_not_of_this"]
    campaigns.end(teamed.ctx, teamed.campaign.id)
    assert teamed.problems({"open": teamed.campaign.id}) == ["group_buy_over"]
    assert teamed.problems({"join": team.code}) == ["group_buy_team_over"]


@pytest.mark.parametrize("options", [{}, {"open": 1, "join": "x"}, {"open": True}, {"join": ""}])
def test_open_one_or_join_one(teamed, options):
    with refused("invalid"):
        teamed.problems(options)


# -- a team that fails ---------------------------------------------------------------------------


def test_a_team_that_is_not_full_in_time_fails_and_each_member_is_refunded_once(teamed):
    paid = teamed.opens()
    team = teamed.team(paid)
    waits = teamed.joins(team, "placed")
    teamed.shop.forward(hours=24)
    teamed.shop.run_jobs()
    assert teamed.again(team).state == "failed"
    for order in (paid, waits):
        found = teamed.seen(order)
        assert (found.state, found.money_kept) == ("cancelled", 0)
    assert teamed.seen(paid).refunded == 4500
    assert db.value("SELECT COUNT(*) FROM refund") == 1
    assert db.value("SELECT on_hand FROM stock WHERE variant_id = ?", teamed.box.variant_id) == 100


def test_case_27_a_failing_team_whose_job_dies_midway_refunds_each_once(teamed, monkeypatch):
    first = teamed.opens()
    both = [first, teamed.joins(teamed.team(first))]
    cancel, calls = orders.cancel, []

    def dying(ctx, order_id, reason):
        calls.append(order_id)
        if len(calls) == 2:
            raise RuntimeError("the power is gone")
        return cancel(ctx, order_id, reason)

    monkeypatch.setattr(orders, "cancel", dying)
    teamed.shop.forward(hours=24)
    assert sorted(teamed.seen(order).state for order in both) == ["cancelled", "paid"]
    monkeypatch.undo()
    teamed.shop.forward(days=9)
    assert db.rows("SELECT COUNT(*), SUM(amount) FROM refund") == [(2, 9000)]
    assert {teamed.seen(order).state for order in both} == {"cancelled"}


def test_the_deadline_is_true_however_late_its_job_runs(teamed):
    order = teamed.opens()
    team = teamed.team(order)
    teamed.shop.clock.forward(hours=24)
    assert teams.state(teamed.ctx, teamed.again(team)) == "failed"
    assert teamed.problems({"join": team.code}) == ["group_buy_team_over"]
    teamed.shop.forward(days=9)
    assert (teamed.seen(order).state, teamed.seen(order).money_kept) == ("cancelled", 0)


def test_case_26_the_last_payment_counts_until_the_deadline_and_goes_back_from_then_on(teamed):
    for early, ends in ((1, "complete"), (0, "failed")):
        campaign = teamed.make(size=2, ends=teamed.ctx.now_us + 10 * MINUTE)
        team = teamed.team(teamed.opens(campaign=campaign))
        last = teamed.joins(team, "placed")
        teamed.shop.clock.forward(minutes=10, seconds=-early)
        transfer(teamed, last)
        assert teamed.seen(last).money_kept == (4500 if early else 0)
        teamed.shop.forward(minutes=1)
        assert teamed.again(team).state == ends


def test_money_that_came_in_time_counts_though_its_reaction_was_late(teamed, monkeypatch):
    campaign = teamed.make(size=2)
    team = teamed.team(teamed.opens(campaign=campaign))
    last = teamed.joins(team, "placed")
    monkeypatch.setattr(teams, "recount", lambda ctx, team: 1 / 0)
    transfer(teamed, last)
    monkeypatch.undo()
    teamed.shop.clock.forward(hours=24)
    teams.decide(teamed.ctx, team.code)
    assert (teamed.again(team).state, teamed.again(team).paid) == ("complete", 2)
    teamed.shop.run_jobs()
    assert teamed.seen(last).holds == []


def test_an_open_team_nobody_is_left_in_is_over(teamed):
    order = teamed.opens("placed")
    team = teamed.team(order)
    teamed.shop.forward(minutes=16)
    assert teamed.again(team).state == "failed"
    assert teamed.problems({"join": team.code}) == ["group_buy_team_over"]


def test_the_opener_leaves_and_the_others_carry_on_to_the_same_deadline(teamed):
    first = teamed.opens()
    team = teamed.team(first)
    teamed.joins(team)
    orders.cancel_by_customer(teamed.ctx, first.id)
    found = teamed.again(team)
    assert (found.state, found.paid, found.deadline) == ("open", 1, team.deadline)
    teamed.joins(team)
    teamed.joins(team)
    assert teamed.again(team).state == "complete"


def test_who_is_refunded_in_full_before_the_end_frees_his_seat(teamed):
    first = teamed.opens(units=2)
    team = teamed.team(first)
    second = teamed.joins(team)
    line = first.lines[0]
    refunds.refund(teamed.ctx, first.id, "one", lines={line.id: 1}, restock="restore")
    assert teamed.again(team).paid == 2
    refunds.refund(teamed.ctx, first.id, "two", lines={line.id: 1}, restock="restore")
    assert teamed.again(team).paid == 1
    assert claims.left(teamed.ctx, teams.seats(team.code)) == 2
    teamed.joins(team)
    teamed.joins(team)
    assert teamed.again(team).state == "complete"
    assert teamed.seen(second).state == "paid"


def give_money_back(teamed, order, how):
    line = teamed.seen(order).lines[0]
    asked = {
        "amounts": {"amounts": {("line", line.id): line.kept}},
        "lines": {"lines": {line.id: line.quantity}, "restock": "restore"},
        "both": {"lines": {line.id: 1}, "amounts": {("line", line.id): line.kept - line.worth(1)}},
    }[how]
    refunds.refund(teamed.ctx, order.id, "back", **asked)


@pytest.mark.parametrize("how", ["amounts", "lines", "both"])
def test_a_member_whose_money_went_back_does_not_count_and_gets_no_goods(teamed, how):
    """However it went back: one payer does not complete a team of two."""
    first = teamed.opens(campaign=teamed.make(size=2), units=2)
    team = teamed.team(first)
    give_money_back(teamed, first, how)
    assert teamed.again(team).state == "failed"  # nobody is in it
    assert teamed.member(first).state == "left"
    found = teamed.seen(first)
    assert found.state in ("cancelled", "completed")
    assert (found.holds, found.money_kept, found.lines[0].handed_out) == ([], 0, 0)
    with pytest.raises(Reject):
        teamed.shop.hand_out(found)


def test_the_other_member_waits_on_when_one_got_the_money_back(teamed):
    first = teamed.opens(campaign=teamed.make(size=3))
    team = teamed.team(first)
    second = teamed.joins(team)
    give_money_back(teamed, first, "amounts")
    teamed.joins(team)
    found = teamed.again(team)
    assert (found.state, found.paid) == ("open", 2)
    assert teamed.seen(second).holds
    teamed.joins(team)
    assert teamed.again(team).state == "complete"


def test_a_member_who_got_a_part_of_the_money_back_still_counts(teamed):
    first = teamed.opens(campaign=teamed.make(size=2))
    refunds.refund(teamed.ctx, first.id, "sorry", amounts={("line", first.lines[0].id): 4499})
    teamed.joins(teamed.team(first))
    assert teamed.team(first).state == "complete"


def test_a_limit_counts_units_that_are_still_paid(teamed):
    customer = teamed.shop.customer()
    campaign = teamed.make(per_customer=2)
    first = teamed.opens(campaign=campaign, units=2, customer=customer)
    give_money_back(teamed, first, "amounts")
    teamed.opens(campaign=campaign, units=2, customer=customer)


# -- a pickup window that is cut off -------------------------------------------------------------


@pytest.fixture
def windows(teamed):
    """The ids of two windows, cut off in 3 and in 40 hours."""
    point, now = points.create(teamed.ctx, "gate", {"name": "North gate"}), teamed.ctx.now_us
    times = [(now + (h + 1) * HOUR, now + (h + 2) * HOUR, now + h * HOUR) for h in (3, 40)]
    return [timetable.create(teamed.ctx, point.id, *each)["id"] for each in times]


def test_a_team_has_no_longer_than_the_cut_off_of_its_openers_window(teamed, windows):
    soon, later = windows
    hasty = teamed.opens(window=soon)
    assert to_us(teamed.team(hasty).deadline) == teamed.seen(hasty).window_cut_off
    calm = teamed.opens(window=later)
    assert to_us(teamed.team(calm).deadline) == teamed.ctx.now_us + 24 * HOUR


def test_who_joins_chooses_a_window_that_is_open_until_the_teams_deadline(teamed, windows):
    soon, later = windows
    team = teamed.team(teamed.opens(window=later))
    with refused("group_buy_window") as said:
        teamed.joins(team, "placed", window=soon)
    assert said.value.facts["cut_off"] < said.value.facts["deadline"]
    teamed.joins(team, window=later)
    assert teamed.again(team).paid == 2


def test_after_the_opener_left_the_next_member_leads_the_team(teamed):
    first = teamed.opens()
    team = teamed.team(first)
    teamed.joins(team)
    teamed.joins(team, "placed")

    def led():
        [found] = shown.documents(teamed.ctx, [teamed.again(team)])
        return [(one["paid"], one["opener"]) for one in found["members"]]

    assert led() == [(True, True), (True, False), (False, False)]
    orders.cancel_by_customer(teamed.ctx, first.id)
    assert led() == [(True, True), (False, False)]


def test_a_member_may_cancel_until_the_team_is_complete_then_only_the_owner(teamed):
    team, [first, second, _] = teamed.complete()
    with refused("group_buy_complete"):
        orders.cancel_by_customer(teamed.ctx, first.id)
    orders.cancel_by_staff(teamed.ctx, second.id, "he asked")
    assert teamed.seen(second).state == "cancelled"
    assert (teamed.again(team).state, teamed.again(team).paid) == ("complete", 2)


# -- money that is late, double or odd ----------------------------------------------------------


def test_money_after_the_order_expired_waits_in_suspense_and_takes_no_seat(teamed):
    team = teamed.team(teamed.opens())
    order = teamed.joins(team, "placed")
    teamed.shop.forward(minutes=16)
    transfer(teamed, order, 4500)
    assert teamed.seen(order).state == "cancelled"
    assert teamed.again(team).paid == 1
    assert db.value("SELECT COUNT(*) FROM suspense") == 1


def test_money_that_comes_while_the_team_is_being_decided_is_in_or_goes_back(teamed, monkeypatch):
    """The reaction looked at an open team; when it has the team's row, that has failed."""
    team = teamed.team(teamed.opens())
    last = teamed.joins(team, "placed")
    hold = teams.hold

    def meanwhile(ctx, code):
        monkeypatch.setattr(teams, "hold", hold)
        db.change("UPDATE group_buy_team SET state = 'failed', closed_at = ?", ctx.now_us)
        return hold(ctx, code)

    monkeypatch.setattr(teams, "hold", meanwhile)
    transfer(teamed, last)
    teamed.shop.run_jobs()
    assert (teamed.seen(last).state, teamed.seen(last).money_kept) == ("cancelled", 0)
    assert db.value("SELECT COUNT(*) FROM refund WHERE order_id = ?", last.id) == 1


# -- the owner completes it ----------------------------------------------------------------------


def test_the_owner_completes_a_team_with_those_it_has_and_who_has_a_seat_may_still_pay(teamed):
    first = teamed.opens()
    team = teamed.team(first)
    waits = teamed.joins(team, "placed")
    teams.complete_early(teamed.ctx, team.code)
    teamed.shop.run_jobs()
    assert (teamed.again(team).state, teamed.again(team).paid) == ("complete", 1)
    assert teamed.seen(first).holds == []
    assert teamed.seen(waits).holds != []
    assert teamed.problems({"join": team.code}) == ["group_buy_team_over"]
    transfer(teamed, waits)
    assert (teamed.again(team).paid, teamed.seen(waits).holds) == (2, [])


def test_who_does_not_pay_in_time_is_not_in_it(teamed):
    team = teamed.team(teamed.opens())
    waits = teamed.joins(team, "placed")
    teams.complete_early(teamed.ctx, team.code)
    teamed.shop.forward(minutes=16)
    assert (teamed.seen(waits).state, teamed.again(team).paid) == ("cancelled", 1)


def test_nobody_completes_an_empty_or_a_finished_team(teamed):
    team = teamed.team(teamed.opens("placed"))
    with refused("group_buy_nobody_paid"):
        teams.complete_early(teamed.ctx, team.code)
    full, _ = teamed.complete()
    with pytest.raises(Conflict, match="group_buy_team_over"):
        teams.complete_early(teamed.ctx, full.code)


def test_members_are_told(teamed, monkeypatch):
    sent = []
    monkeypatch.setattr(channels, "send", lambda ctx, message: sent.append(message.kind))
    teamed.complete()
    teamed.opens()
    teamed.shop.forward(days=2)
    teamed.shop.run_jobs()
    assert sorted(sent) == ["group_buy_complete"] * 3 + ["group_buy_failed"]


def test_what_was_released_by_hand_and_handed_out_is_left_to_the_owner(teamed):
    order = teamed.opens()
    holds.release(teamed.ctx, order.id)
    teamed.shop.hand_out(teamed.seen(order))
    teamed.shop.forward(days=2)
    found = teamed.seen(order)
    assert (found.state, found.money_kept) == ("completed", 4500)
