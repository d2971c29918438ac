def test_a_store_tells_its_name_currency_and_language(client):
    answer = client.get("/api/v1/orchard/")
    assert answer.status_code == 200
    assert answer.json["name"] == "果园小店"
    assert answer.json["currency"] == "CNY"


def test_an_unknown_store_and_an_unknown_path_answer_404_as_problem_documents(client):
    for path in ("/api/v1/nowhere/", "/elsewhere"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.content_type == "application/problem+json"
        assert answer.json["code"] == "not_found"
