"""TypeScript and JavaScript, by typescript-language-server or by TypeScript 7 itself."""

import os
from pathlib import Path

import pytest

from support.languages import link_typescript, project

CONFIG = {"tsconfig.json": '{"compilerOptions": {"strict": true, "module": "esnext", "moduleResolution": "bundler"}}'}
BARE = {**os.environ, "PATH": "/usr/local/bin:/usr/bin:/bin"}
PACKAGES = [("typescript", "typescript-language-server"), ("typescript-native", "typescript")]
SHAPES = pytest.mark.parametrize(("package", "server"), PACKAGES, ids=["version 5", "version 7"])


@SHAPES
async def test_no_answer_is_old_in_a_hundred_edits(tmp_path: Path, package: str, server: str) -> None:
    link_typescript(tmp_path, package, with_server=True)
    async with project(tmp_path, CONFIG) as sample:
        for turn in range(100):
            bad = turn % 2 == 0
            await sample.write("a.ts", f"const n: number = {f'unknown{turn}' if bad else turn};\n")
            check = await sample.check("a.ts")
            assert [(answer.server, answer.status) for answer in check.answers] == [(server, "fresh")]
            told = [problem.message for problem in sample.problems(check, "a.ts")]
            assert [f"unknown{turn}" in message for message in told] == ([True] if bad else [])


@SHAPES
async def test_places_codes_and_sources(tmp_path: Path, package: str, server: str) -> None:
    link_typescript(tmp_path, package, with_server=True)
    async with project(tmp_path, {**CONFIG, "a.ts": "const s = '😀';\r\n/* 😀 */ let n: number = s;\r\n"}) as sample:
        check = await sample.check("a.ts")
        found = [(p.line, p.column, p.end_column, p.code) for p in sample.problems(check, "a.ts")]
        assert found == [(2, 13, 14, "2322")]


@SHAPES
async def test_syntax_errors_and_javascript(tmp_path: Path, package: str, server: str) -> None:
    link_typescript(tmp_path, package, with_server=True)
    async with project(tmp_path, {"a.js": "const x = ;\n", "b.tsx": "export const x: number = '';\n"}) as sample:
        check = await sample.check("a.js", "b.tsx")
        assert check.complete
        assert len(sample.problems(check, "a.js")) == 1
        assert len(sample.problems(check, "b.tsx")) == 1


@SHAPES
async def test_another_file_changes_with_the_written_one(tmp_path: Path, package: str, server: str) -> None:
    link_typescript(tmp_path, package, with_server=True)
    files = {
        **CONFIG,
        "lib.ts": "export const x = 1;\n",
        "main.ts": "import { x } from './lib';\nexport const n: number = x;\n",
    }
    async with project(tmp_path, files) as sample:
        assert await sample.messages("main.ts") == []
        await sample.write("lib.ts", "export const x = '';\n")
        check = await sample.check("lib.ts")
        assert [len(sample.problems(check, name)) for name in ("lib.ts", "main.ts")] == [0, 1]
        await sample.write("lib.ts", "export const x = 2;\n")
        assert await sample.messages("main.ts") == []


@SHAPES
async def test_a_new_module_clears_the_import(tmp_path: Path, package: str, server: str) -> None:
    link_typescript(tmp_path, package, with_server=True)
    async with project(tmp_path, {**CONFIG, "main.ts": "import { x } from './late';\nexport const y = x;\n"}) as sample:
        assert len(await sample.messages("main.ts")) == 1
        path = await sample.write("late.ts", "export const x = 1;\n")
        assert await sample.messages("main.ts") == []
        path.unlink()
        await sample.languages.written(path, None)
        assert len(await sample.messages("main.ts")) == 1


async def test_the_server_alone_is_not_started_but_explained(tmp_path: Path) -> None:
    link_typescript(tmp_path, "typescript-native", with_server=False)
    programs = tmp_path / "node_modules" / ".bin"
    (programs / "tsc").unlink()
    (programs / "typescript-language-server").write_text("#!/bin/sh\n")
    (programs / "typescript-language-server").chmod(0o755)
    async with project(tmp_path, {**CONFIG, "a.ts": "let x = 1;\n"}, environment=BARE) as sample:
        check = await sample.check("a.ts")
        assert [(answer.server, answer.status) for answer in check.answers] == [
            ("typescript-language-server", "unavailable")
        ]
        assert "npm install --save-dev" in check.summary


async def test_nothing_installed(tmp_path: Path) -> None:
    async with project(tmp_path, {**CONFIG, "a.ts": "let x = 1;\n"}, environment={"PATH": "/nowhere"}) as sample:
        check = await sample.check("a.ts")
        assert "npm install --save-dev typescript-language-server typescript@5" in check.summary
        assert [server.state for server in sample.languages.status().servers] == ["absent"]


async def test_one_server_for_a_monorepo(tmp_path: Path) -> None:
    link_typescript(tmp_path, "typescript", with_server=True)
    files = {"package-lock.json": "{}", **{f"packages/{name}/tsconfig.json": "{}" for name in "ab"}}
    code = {f"packages/{name}/index.ts": "export const x: number = '';\n" for name in "ab"}
    async with project(tmp_path, {**files, **code}) as sample:
        check = await sample.check(*code)
        assert [len(sample.problems(check, name)) for name in code] == [1, 1]
        assert [server.root for server in sample.languages.status().servers] == [str(sample.root)]
