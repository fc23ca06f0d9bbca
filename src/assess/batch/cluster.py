"""Organisations assessed by a dask cluster. What comes back is written here, as in any other run.

Nobody but this machine writes results, so they are whole or absent, and a run goes on where one
stopped, however many machines took part. dask gives an organisation to another worker where one
dies.
"""

import ipaddress
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assess.batch import away, lost
from assess.batch.away import Parcel, Refusal
from assess.batch.job import Job, Made, Outcome, keep_one
from assess.records import AssessError

if TYPE_CHECKING:
    from distributed import Client

LOCAL = "local"
ANSWER = 20  # seconds for a scheduler to answer
SENT = 64  # most organisations sent and not yet back, unless the cluster has more threads
SENT_BYTES = 1_000_000_000  # and most of their records; the scheduler keeps them in memory
NOT_INSTALLED = (
    "--dask needs a package that is not installed. Install it with: pip install 'assess[dask]'"
)


class Cluster:
    """A dask cluster, or one made for this run on this machine (`local`, with `jobs` workers).

    It is reached when the first organisation is sent, not before. `shared`: records are read where
    they lie, on storage that all machines see under the same name; otherwise they travel.
    """

    def __init__(self, address: str, *, jobs: int = 2, shared: bool = False) -> None:
        self.address, self.jobs, self.shared = address, jobs, shared
        self.client: Client | None = None
        self.open = ExitStack()

    def __enter__(self) -> "Cluster":
        try:
            import distributed  # noqa: F401
        except ImportError:
            raise AssessError(NOT_INSTALLED) from None
        return self

    def __exit__(self, *_: Any) -> None:
        if self.client is not None and self.client.status == "running":
            with suppress(Exception):  # a cluster that is going needs no tidying
                self.client.run(away.rest, on_error="ignore")
        self.open.close()

    def each(self, jobs: Sequence[Job], timeout: float) -> Iterator[tuple[Job, Outcome]]:
        """Each organisation with what became of it, its results written.

        One that was under way when workers died too often is tried again by itself, so that no
        other takes the blame. `timeout` is in seconds. Raises AssessError where the cluster cannot
        go on.
        """
        if not jobs:
            return
        self._connect()
        again = yield from self._round(jobs, timeout, at_once=self._at_once)
        for job in (yield from self._round(again, timeout, at_once=lambda: 1)):
            message = (
                "Workers of the cluster died at this organisation, again and again, most often for "
                "want of memory. Try it alone, without --dask."
            )
            yield job, Outcome(job.source, "failed", message=message)

    def _at_once(self) -> int:
        try:
            return max(SENT, 2 * sum(self.client.nthreads().values()))
        except OSError:  # gone, or about to come back: the next result will say
            return SENT

    def _round(
        self, jobs: Sequence[Job], timeout: float, *, at_once: Any
    ) -> Iterator[tuple[Job, Outcome]]:
        """Each organisation once; gives back those whose workers died too often."""
        from distributed import KilledWorker, as_completed

        waiting, sent, died = list(reversed(jobs)), {}, []
        back, most = as_completed(loop=self.client.loop), at_once()
        while waiting or sent:
            while waiting and len(sent) < most and _room(sent):
                job = waiting.pop()
                try:
                    parcel = away.pack(job, timeout, shared=self.shared)
                except (AssessError, OSError) as fault:
                    yield job, Outcome(job.source, "failed", message=str(fault))
                    continue
                future = self._send(parcel)
                sent[future] = job, parcel.size
                back.add(future)
            if not sent:
                break
            future = next(back)
            job, _ = sent.pop(future)
            result = self._result(future)
            if isinstance(result, KilledWorker):
                died.append(job)
            else:
                yield job, _kept(job, result, timeout)
            most = at_once()
        return died

    def _send(self, parcel: Parcel) -> Any:
        with warnings.catch_warnings():
            # Records are handed to the scheduler on purpose: were they left with a worker, they
            # would be lost with it.
            warnings.filterwarnings("ignore", "Sending large graph")
            return self.client.submit(away.assess_away, parcel, pure=False)

    def _result(self, future: Any) -> Any:
        """What came back, or the exception in its place. Raises AssessError where all is lost."""
        from distributed import KilledWorker

        try:
            fault = future.exception() if future.status != "cancelled" else None
            result = fault or future.result()
        except Exception as gone:
            raise AssessError(
                f"The dask scheduler at {self.address} went away ({type(gone).__name__}). What is "
                "finished is kept; run the same command again to go on."
            ) from gone
        if isinstance(result, Refusal):
            raise AssessError(result.message)
        if isinstance(result, BaseException) and not isinstance(result, KilledWorker):
            raise AssessError(
                f"The cluster could not run assess ({type(result).__name__}). Its scheduler and "
                "workers need the same assess as here: pip install 'assess[dask]' on each, and "
                "start them again."
            ) from result
        return result

    # Reaching it

    def _connect(self) -> None:
        from distributed import Client

        if self.client is not None:
            return
        if self.address == LOCAL:
            target, security = self._own_cluster()
        else:
            target, security = self.address, None
            _check_certificate(self.address)
            _warn_of_readers(self.address, shared=self.shared)
        try:
            client = Client(target, timeout=ANSWER, security=security, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as fault:
            raise AssessError(
                f"No dask scheduler answers at {self.address}. Give an address such as "
                "tcp://127.0.0.1:8786 that a running scheduler has printed, or `--dask local`."
            ) from fault
        self.client = self.open.enter_context(client)
        if not self.client.nthreads():
            print("Waiting for a worker of the cluster.", file=sys.stderr, flush=True)
            self.client.wait_for_workers(1)

    def _own_cluster(self) -> tuple[Any, Any]:
        """Workers on this machine that only this process can speak to: encrypted, on loopback.

        Whoever reaches a dask scheduler can run code as its user, and a loopback address is open
        to every user of the machine.
        """
        import dask
        from distributed import LocalCluster
        from distributed.security import Security

        try:
            security = Security.temporary()
        except ImportError:
            raise AssessError(NOT_INSTALLED) from None
        settings = {
            "distributed.scheduler.allowed-failures": 1,
            "distributed.scheduler.http.routes": [],
            "distributed.worker.http.routes": [],
        }
        self.open.enter_context(dask.config.set(settings))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Port")  # 8787 is taken; nobody asked for it
            cluster = LocalCluster(
                n_workers=self.jobs,
                threads_per_worker=1,
                host="127.0.0.1",
                protocol="tls://",
                security=security,
                dashboard_address=None,
                silence_logs=50,
            )
        return self.open.enter_context(cluster), security


def _room(sent: dict[Any, tuple[Job, int]]) -> bool:
    return sum(size for _, size in sent.values()) < SENT_BYTES


def _kept(job: Job, result: Any, timeout: float) -> Outcome:
    if isinstance(result, Made):
        return keep_one(job, result)
    return result if isinstance(result, Outcome) else lost(job, result, timeout)


def _check_certificate(address: str) -> None:
    """Raise AssessError where dask would need a certificate and has been told of none."""
    from distributed.security import Security

    if urlsplit(address).scheme == "tls" and not Security().tls_client_cert:
        raise AssessError(
            f"{address} asks for a certificate, and dask's configuration names none. "
            "docs/cluster.md says how to make one and where to name it."
        )


def _warn_of_readers(address: str, *, shared: bool) -> None:
    """Say it where records would cross a network as plain text."""
    parts = urlsplit(address)
    if parts.scheme == "tls" or _is_loopback(parts.hostname or ""):
        return
    what = "Results travel" if shared else "Records and results travel"
    print(
        f"{what} to {address} without encryption, and whoever reaches that scheduler can run code "
        "on its machines. Use a tls:// address; docs/cluster.md says how.",
        file=sys.stderr,
        flush=True,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
