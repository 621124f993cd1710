"""A real, private OpenLDAP server for tests: free ports on loopback, one temporary folder, the machine's own untouched.

It has two trees: `dc=corp,dc=example` as a company keeps it in OpenLDAP, and `dc=ad,dc=example` with the classes and
attributes of Active Directory (OpenLDAP's msuser schema). Anonymous clients see nothing; the service account reads; a
second one gets no more than 600 entries, whatever it asks for.
Plain with StartTLS on one port, TLS from the start on another.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.postfix import free_port, make_certificate

#: Longest that anything here may take.
PATIENCE = 60.0
READER, SMALL = "cn=reader,dc=corp,dc=example", "cn=small,dc=corp,dc=example"
PASSWORD = "directory-secret"
ROOT, ROOT_PASSWORD = "cn=root,dc=corp,dc=example", "root-secret"

_CONF = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/msuser.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {home}/slapd.pid
TLSCertificateFile {home}/tls/cert.pem
TLSCertificateKeyFile {home}/tls/key.pem
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=reader,dc=corp,dc=example" read by dn.exact="cn=small,dc=corp,dc=example" read by * none
database mdb
suffix "dc=example"
rootdn "cn=root,dc=corp,dc=example"
rootpw root-secret
directory {home}/db
maxsize 104857600
limits dn.exact="cn=reader,dc=corp,dc=example" size.soft=1000 size.hard=1000 size.prtotal=unlimited
limits dn.exact="cn=small,dc=corp,dc=example" size.soft=600 size.hard=600 size.prtotal=600
"""

TREE = """
dn: dc=example
objectClass: dcObject
objectClass: organization
o: example

dn: dc=corp,dc=example
objectClass: dcObject
objectClass: organization
o: corp

dn: cn=reader,dc=corp,dc=example
objectClass: person
cn: reader
sn: reader
userPassword: directory-secret

dn: cn=small,dc=corp,dc=example
objectClass: person
cn: small
sn: small
userPassword: directory-secret

dn: ou=people,dc=corp,dc=example
objectClass: organizationalUnit

dn: ou=groups,dc=corp,dc=example
objectClass: organizationalUnit

dn: dc=ad,dc=example
objectClass: dcObject
objectClass: organization
o: ad
"""


@dataclass
class Slapd:
    """A running private slapd, stopped by whoever started it. port: StartTLS offered; tls: implicit."""

    home: Path
    port: int = field(default_factory=free_port)
    tls: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def ca(self) -> Path:
        return self.home / "tls" / "cert.pem"

    def add(self, ldif: str) -> None:
        """Put entries in, by the tool that comes with the server; while it is stopped."""
        command = ["/usr/sbin/slapadd", "-q", "-f", str(self.home / "slapd.conf")]
        done = subprocess.run(command, input=ldif.lstrip().encode(), capture_output=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr.decode()

    def change(self, ldif: str) -> None:
        """Change entries while it runs."""
        command = ["ldapmodify", "-x", "-H", f"ldap://127.0.0.1:{self.port}", "-D", ROOT, "-w", ROOT_PASSWORD]
        done = subprocess.run(command, input=ldif.lstrip().encode(), capture_output=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr.decode()

    def start(self) -> None:
        urls = f"ldap://127.0.0.1:{self.port} ldaps://127.0.0.1:{self.tls}"
        command = ["/usr/sbin/slapd", "-d", "0", "-h", urls, "-f", str(self.home / "slapd.conf")]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        end = time.monotonic() + PATIENCE
        while True:
            assert self.process.poll() is None, (self.home / "log").read_text()
            assert time.monotonic() < end, "slapd does not answer"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.tls), 1):
                return
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE)
            self.process = None


@contextlib.contextmanager
def running_slapd(ldif: str) -> Iterator[Slapd]:
    """A server with the entries of TREE and those given."""
    home = Path(tempfile.mkdtemp(prefix="mailguard-slapd-"))
    server = Slapd(home)
    try:
        (home / "db").mkdir()
        (home / "tls").mkdir()
        make_certificate(home / "tls")
        (home / "slapd.conf").write_text(_CONF.format(home=home))
        server.add(TREE + ldif)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
