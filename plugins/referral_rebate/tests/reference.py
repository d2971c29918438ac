"""Rewards in plain Python, beside which the plugin's are held."""


class Refunded:
    """An order of one line: `units` at `price`, `kept` of them."""

    def __init__(self, units, price):
        self.units = self.kept = units
        self.price = price

    @property
    def base(self):
        return self.units * self.price

    @property
    def money(self):
        return self.kept * self.price


class Reward:
    """`amount` after the limits; `most` is lowered when what it pays back is given back."""

    def __init__(self, order, amount, account=None):
        self.order, self.amount, self.most, self.account = order, amount, amount, account

    @property
    def booked(self):
        return min(self.most, self.amount * self.order.money // self.order.base)


class Book:
    """Of one referrer: `rate` percent, at most `per_order` and `per_month`; `principal`: into what
    he has bought."""

    def __init__(self, rate, per_order=None, per_month=None, principal=False):
        self.rate, self.per_order, self.per_month = rate, per_order, per_month
        self.principal, self.rewards, self.bought, self.months = principal, [], [], {}

    def completed(self, order, month):
        total = order.money * self.rate // 100
        if self.per_order is not None:
            total = min(total, self.per_order)
        if self.per_month is not None:
            total = min(total, self.per_month - self.months.get(month, 0))
        if not self.principal:
            self.months[month] = self.months.get(month, 0) + total
            self.rewards.append(Reward(order, total))
            return
        for mine in self.bought:
            room = max(0, mine.money - self.back(mine))
            part = min(room, total)
            if part:
                self.months[month] = self.months.get(month, 0) + part
                self.rewards.append(Reward(order, part, mine))
                total -= part

    def back(self, mine):
        return sum(reward.booked for reward in self.rewards if reward.account is mine)

    def refunded(self, order):
        order.kept -= 1
        excess = self.back(order) - order.money if order in self.bought else 0
        for reward in reversed(self.rewards):
            if reward.account is order and excess > 0:
                less = min(excess, reward.booked)
                reward.most = reward.booked - less
                excess -= less

    @property
    def total(self):
        return sum(reward.booked for reward in self.rewards)
