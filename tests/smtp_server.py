"""A mail server for tests: speaks SMTP as RFC 5321 says it, keeps what it was given, and fails as it is told to."""

import socketserver
import threading


class MailServer(socketserver.ThreadingTCPServer):
    """``mails`` are (from, to, bytes). ``answers`` are the next answers to a command instead of the usual ones.

    An answer is a line such as ``451 later``, or None: the connection breaks off. ``after_data`` is called before the
    answer to a whole mail is given.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Session)
        self.mails, self.answers, self.after_data = [], {}, None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        """Where it listens."""
        return self.server_address[1]

    def stop(self):
        """Answer nobody any more."""
        self.shutdown()
        self.server_close()

    def will(self, command, *answers):
        """Answer the next times a command comes like this."""
        self.answers.setdefault(command, []).extend(answers)


class Session(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self):
        """Commands, until it is over."""
        sender, to = "", []
        if not self.answer("connect", "220 mail.example ready"):
            return
        while line := self.rfile.readline():
            command, _, rest = line.decode("ascii").strip().partition(" ")
            command = command.upper()
            if command == "MAIL":
                sender, to = rest.partition("<")[2].partition(">")[0], []
                going = self.answer(command, "250 fine")
            elif command == "RCPT":
                to.append(rest.partition("<")[2].partition(">")[0])
                going = self.answer(command, "250 fine")
            elif command == "DATA":
                going = self.answer(command, "354 go on") and self.mail(sender, to)
            else:
                going = self.answer(command, {"QUIT": "221 bye", "EHLO": "250 mail.example"}.get(command, "250 fine"))
            if not going or command == "QUIT":
                return

    def mail(self, sender, to):
        """What was sent, up to the dot."""
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        self.server.mails.append((sender, to, b"".join(lines)))
        if self.server.after_data:
            self.server.after_data()
        return self.answer("sent", "250 taken")

    def answer(self, command, usual):
        """Say it; whether the connection goes on."""
        planned = self.server.answers.get(command)
        said = planned.pop(0) if planned else usual
        if said is not None:
            self.wfile.write(said.encode() + b"\r\n")
        return said is not None
