"""Control numbers under real concurrency: nobody gets the number of another, and what rolls back leaves a gap."""

import threading

from odoo.tests import tagged

from odoo.addons.sync_governance.models.exchange.control_number import draw

from .own_tables import OwnTablesCase

LINE = (1, "x12", "ZZ:BULBWORKS", "ZZ:LAMPSHOP")
WORKERS, ROUNDS = 6, 25


@tagged("post_install", "-at_install")
class TestNumberRaces(OwnTablesCase):
    tables = ("sync_control_number",)

    def test_two_workers_never_take_the_same_number(self):
        drawn, failures = [[] for _worker in range(WORKERS)], []
        together = threading.Barrier(WORKERS)

        def work(at):
            try:
                together.wait()
                for round_ in range(ROUNDS):
                    with self.connection() as cr:
                        many = 1 + (round_ + at) % 3
                        first = draw(cr, *LINE, many)
                        drawn[at] += range(first, first + many)
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(at,)) for at in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertFalse(failures)
        numbers = [number for mine in drawn for number in mine]
        self.assertEqual(len(numbers), len(set(numbers)))
        self.assertEqual((min(numbers), max(numbers)), (1, len(numbers)))
        for mine in drawn:
            self.assertEqual(mine, sorted(mine), "each worker's numbers go up")

    def test_what_is_rolled_back_is_drawn_again_and_not_lost_to_two(self):
        with self.connection() as cr:
            self.assertEqual(draw(cr, *LINE), 1)
        with self.assertRaises(KeyboardInterrupt), self.connection() as cr:
            draw(cr, *LINE, 5)
            raise KeyboardInterrupt
        with self.connection() as cr:
            self.assertEqual(draw(cr, *LINE), 2)
