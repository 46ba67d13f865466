# SPDX-License-Identifier: MIT
"""Certificates for tests, good and bad, made by the openssl command in a folder of their own.

    with Certificates() as made:
        context = made.context(made.leaf("good", "DNS:localhost, IP:127.0.0.1"))
        ... authorities=made.authority ...
"""
import pathlib
import ssl
import subprocess
import tempfile

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
ALWAYS = "20000101000000Z", "20990101000000Z"
PAST = "20000101000000Z", "20010101000000Z"
FUTURE = "20980101000000Z", "20990101000000Z"

CA = """
[ca]
default_ca = this
[this]
database = index.txt
rand_serial = yes
new_certs_dir = .
policy = any
default_md = sha256
unique_subject = no
[any]
commonName = supplied
"""


class Certificates:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        (self.path / "ca.cnf").write_text(CA)
        (self.path / "index.txt").touch()
        self.authority = self.root("authority")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def openssl(self, *arguments):
        done = subprocess.run(["openssl", *arguments], cwd=self.path, capture_output=True,
                              text=True, timeout=60)
        assert done.returncode == 0, f"openssl {arguments}: {done.stderr}"

    def root(self, name, names="DNS:localhost"):
        """A certificate that signs itself; its file holds its key, too."""
        self.openssl("req", "-x509", *KEY, "-subj", f"/CN={name}", "-days", "36500",
                     "-addext", f"subjectAltName={names}", "-keyout", f"{name}.key",
                     "-out", f"{name}.pem")
        return self.join(name)

    def leaf(self, name, names, valid=ALWAYS, authority="authority", extensions=""):
        """A certificate for these names, signed by an authority of `root`."""
        (self.path / f"{name}.cnf").write_text(f"subjectAltName = {names}\n{extensions}\n")
        self.openssl("req", *KEY, "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                     "-out", f"{name}.csr")
        self.openssl("ca", "-config", "ca.cnf", "-batch", "-notext", "-in", f"{name}.csr",
                     "-cert", f"{authority}.pem", "-keyfile", f"{authority}.key",
                     "-startdate", valid[0], "-enddate", valid[1], "-extfile", f"{name}.cnf",
                     "-out", f"{name}.pem")
        return self.join(name)

    def join(self, name):
        certificate = self.path / f"{name}.pem"
        with certificate.open("a") as file:
            file.write((self.path / f"{name}.key").read_text())
        return str(certificate)

    def context(self, pair):
        """For a server that shows this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair)
        return context
