from tangle.data.topics import PythonTopics


def test_there_is_enough_text_for_a_small_language_model():
    corpus = PythonTopics()
    assert corpus.num_bytes > 300_000
    assert all(page.strip() for page in corpus.documents())


def test_the_pages_and_their_fingerprint_are_always_the_same():
    assert list(PythonTopics().documents()) == list(PythonTopics().documents())
    assert PythonTopics().fingerprint == PythonTopics().fingerprint
