"""Database commands in the environment's Python (psycopg2), so that dev needs no PostgreSQL client programs.

Run as a script by `database.py`: reads one JSON list of [statement, database] from standard input, executes each with
autocommit and prints the rows of the last as JSON. Names are quoted by the caller through `identifier`.
"""

import json
import sys


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def main() -> None:
    import psycopg2

    rows: list = []
    for statement, database in json.load(sys.stdin):
        connection = psycopg2.connect(dbname=database)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
        finally:
            connection.close()
    json.dump(rows, sys.stdout, default=str)


if __name__ == "__main__":
    main()
