"""What the owner may write, and what the law does not let him."""

import pytest
from click.testing import CliRunner
from marshmallow import ValidationError

from shop.cli import main
from shop_plugins.referral_rebate.settings import LAW, ReferralRebateSettings


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"levels": 2}, "one hop"),
        ({"second_level_rate": 3}, "one hop"),
        ({"team_rate": 3}, "one hop"),
        ({"rate": [5, 2]}, "one hop"),
        ({"per_invite": 500}, "heads are not paid for"),
        ({"headcount_bonus": 500}, "heads are not paid for"),
        ({"signup_reward": 500}, "heads are not paid for"),
        ({"cash": True}, "not paid out"),
        ({"withdraw_least": 1000}, "not paid out"),
        ({"entry_fee": 9900}, "no entry fee"),
        ({"join_fee": 9900}, "no entry fee"),
    ],
)
def test_what_is_forbidden_is_refused_with_the_reason_and_the_article(wrong, reason):
    with pytest.raises(ValidationError) as refused:
        ReferralRebateSettings().load(wrong)
    [said] = refused.value.messages[next(iter(wrong))]
    assert reason in said
    assert LAW in said


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"rate": 51}, "rate"),
        ({"rate": -1}, "rate"),
        ({"rates": {"PEARS": 51}}, "rates"),
        ({"greatest_share": 101}, "greatest_share"),
        ({"pending_days": 30, "expires_days": 30}, "expires_days"),
        ({"link": "https://pears.example"}, "link"),
        ({"rat": 5}, "rat"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, field):
    with pytest.raises(ValidationError) as refused:
        ReferralRebateSettings().load(wrong)
    assert field in refused.value.messages
    assert LAW not in str(refused.value.messages)


def test_an_owner_reads_all_of_it_at_once_from_shop_check(tmp_path):
    runner, folder = CliRunner(), tmp_path / "shop"
    assert runner.invoke(main, ["init", str(folder), "--name", "Pears"]).exit_code == 0
    path = folder / "shop.toml"
    text = path.read_text("utf-8")
    code = text.split("[stores.")[1].split("]")[0]
    table = f"\n[stores.{code}.plugins.referral_rebate]\nlevels = 2\nrat = 5\nper_invite = 100\n"
    path.write_text(text + table, "utf-8")
    said = runner.invoke(main, ["--config", str(path), "check"], env={"COLUMNS": "200"})
    assert said.exit_code != 0
    words = " ".join(said.output.split())
    for part in (
        f"{code}.plugins.referral_rebate.levels",
        "one hop",
        "did you mean rate",
        "heads",
        LAW,
    ):
        assert part in words, words
