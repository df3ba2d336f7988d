#!/usr/bin/python3
"""The Containerfile: its stages, who runs it, its scripts. The sample jobs of examples/ci: YAML, what their systems say of the keys, their scripts' syntax; and what runs espy is run here, on the
reference, and must leave every file that the job uploads. Usage: samples.py ESPY"""
import glob
import os
import subprocess
import sys
import tempfile

try:
    import yaml
except ImportError:
    print("samples: skipped: no module yaml here (apt-get install python3-yaml)")
    sys.exit(0)

failed = 0
GITHUB_JOB = {"runs-on", "container", "timeout-minutes", "steps", "needs", "env", "if", "strategy", "permissions", "name"}
GITHUB_STEP = {"name", "uses", "run", "with", "if", "env", "id", "shell", "working-directory"}
GITLAB_JOB = {"stage", "image", "timeout", "variables", "before_script", "script", "artifacts", "needs", "rules", "parallel"}
GITLAB_ARTIFACTS = {"when", "expire_in", "paths", "reports", "name"}


def want(condition, text):
    global failed
    if not condition:
        print("samples:", text)
        failed += 1


def known(where, given, names):
    for key in given:
        want(key in names, f"{where}: no key {key}")


def shell(where, script):
    """Syntax, and shellcheck where it is."""
    p = subprocess.run(["bash", "-n"], input="set -e\n" + script, text=True, capture_output=True)
    want(p.returncode == 0, f"{where}: {p.stderr}")
    if any(os.access(os.path.join(d, "shellcheck"), os.X_OK) for d in os.environ["PATH"].split(":")):
        p = subprocess.run(["shellcheck", "-s", "bash", "-"], input="set -e\n" + script, text=True, capture_output=True)
        want(p.returncode == 0, f"{where}: {p.stdout}")


def github(job_file):
    """Returns the scripts that call espy run, and the uploads."""
    # YAML 1.1 reads the key `on` as true.
    want({"push", "pull_request"} <= set(job_file.get(True, job_file.get("on", []))), "github: runs on neither push nor pull_request")
    want(job_file.get("permissions") == {"contents": "read"}, "github: wants more than to read")
    runs, uploads = [], []
    for name, job in job_file["jobs"].items():
        known(f"github: {name}", job, GITHUB_JOB)
        want({"runs-on", "timeout-minutes", "steps"} <= set(job), f"github: {name}: runs-on, timeout-minutes, steps")
        for n, step in enumerate(job["steps"]):
            where = f"github: {name}: step {n + 1}"
            known(where, step, GITHUB_STEP)
            want(("uses" in step) != ("run" in step), f"{where}: one of uses and run")
            want("@v" in step.get("uses", "@v"), f"{where}: uses without a version")
            if "run" in step:
                shell(where, step["run"])
                runs += [step["run"]] if "espy run" in step["run"] else []
            elif step["uses"].startswith("actions/upload-artifact@"):
                want("cancelled()" in str(step.get("if")), f"{where}: uploads only what passed")
                uploads += step["with"]["path"].split()
    return runs, uploads


def gitlab(job_file):
    """The same."""
    stages = job_file.pop("stages")
    runs, uploads = [], []
    for name, job in job_file.items():
        where = f"gitlab: {name}"
        known(where, job, GITLAB_JOB)
        known(f"{where}: artifacts", job["artifacts"], GITLAB_ARTIFACTS)
        want(job["stage"] in stages, f"{where}: no stage {job['stage']}")
        want(all(n in job_file for n in job.get("needs", [])), f"{where}: needs {job.get('needs')}")
        lines = job.get("before_script", []) + job["script"]
        want(all(isinstance(line, str) for line in lines), f"{where}: a script line that is not text")
        shell(where, "\n".join(lines))
        if any("espy run" in line for line in job["script"]):
            runs.append("\n".join(job["script"]))
            uploads += job["artifacts"]["paths"] + [job["artifacts"]["reports"]["junit"]]
            want(job["artifacts"].get("when") == "always", f"{where}: keeps only what passed")
        if name == "pages":
            want(job["artifacts"]["paths"] == ["public"], "gitlab: pages publishes public")
            runs.append("\n".join(job["script"]))
            uploads.append("public/index.html")
    return runs, uploads


def container(text):
    """Lines that are continued are one; comments may stand between them."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    words = [line.split(None, 1) for line in "\n".join(lines).replace("\\\n", "").splitlines()]
    known("Containerfile", {word for word, _ in words}, {"FROM", "RUN", "COPY", "WORKDIR", "USER", "ENTRYPOINT", "CMD"})
    stages, base, user, entry = set(), [], "root", None
    for word, rest in words:
        if word == "FROM":
            base.append(rest.split()[0])
            stages |= {rest.split()[2]} if " AS " in rest else set()
            user, entry = "root", None
        elif word == "COPY" and rest.startswith("--from="):
            want(rest.split()[0][len("--from="):] in stages, f"Containerfile: COPY {rest}: no such stage")
        elif word == "RUN":
            shell("Containerfile", rest)
        elif word == "USER":
            user = rest
        elif word == "ENTRYPOINT":
            entry = rest
    want(all(b == "docker.io/library/debian:12-slim" for b in base), f"Containerfile: begins with {base}")
    want(user not in ("root", "0"), "Containerfile: runs as root")
    want(entry == '["espy"]', f"Containerfile: ENTRYPOINT {entry}")


def attempt(what, espy, runs, uploads):
    want(runs and uploads, f"{what}: runs nothing, or uploads nothing")
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/bin")
        os.symlink(os.path.abspath(espy), f"{folder}/bin/espy")
        summary, baseline = f"{folder}/summary.md", f"{folder}/baseline.txt"
        for path in (summary, baseline):
            open(path, "w", encoding="utf-8").close()
        env = dict(os.environ, PATH=f"{folder}/bin:{os.environ['PATH']}", TARGET="reference", BASELINE=baseline,
                   GITHUB_STEP_SUMMARY=summary, ESPY_SUITES=os.path.abspath("suites"))
        for script in runs:
            p = subprocess.run(["bash", "-e", "-c", script], cwd=folder, env=env, text=True, capture_output=True)
            want(p.returncode == 0, f"{what}: {script}: exit status {p.returncode}: {p.stdout[-300:]}{p.stderr[-300:]}")
        for path in uploads:
            # Where nothing failed there are no packets.
            want(glob.glob(f"{folder}/{path}") or path.endswith("/cases"), f"{what}: uploads {path}, which is not there")
        want("passed" in open(summary, encoding="utf-8").read(), f"{what}: the step's summary says nothing")


def main(espy):
    for name, read in (("github", github), ("gitlab", gitlab)):
        with open(f"examples/ci/{name}.yml", encoding="utf-8") as f:
            runs, uploads = read(yaml.safe_load(f))
        attempt(name, espy, runs, uploads)
    with open("Containerfile", encoding="utf-8") as f:
        container(f.read())
    if not failed:
        print("samples: the Containerfile and the jobs for GitHub and GitLab hold, and the jobs leave what they upload")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
