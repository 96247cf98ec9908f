import unittest

from hello_tools import count_words, greeting, slug


class TextTest(unittest.TestCase):
    def test_greets_by_name_and_greets_everybody_without_one(self) -> None:
        self.assertEqual(greeting(" Ada "), "Hello, Ada!")
        self.assertEqual(greeting(""), "Hello, everybody!")

    def test_makes_a_slug_of_any_title(self) -> None:
        self.assertEqual(slug("Crème brûlée, twice"), "creme-brulee-twice")

    def test_counts_words_whatever_their_case(self) -> None:
        self.assertEqual(count_words("To be or not to be")["to"], 2)


if __name__ == "__main__":
    unittest.main()
