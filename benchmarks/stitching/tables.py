"""The tables of a run: success, accuracy, light, fidelity and time, as medians and ratios."""

from __future__ import annotations

from typing import Any

import numpy as np

Row = dict[str, Any]


def _median(values: list[float]) -> str:
    return f"{np.median(values):.3f} ({len(values)})" if values else "-"


def show(rows: list[Row]) -> None:
    by = {(r["id"], r["engine"]): r for r in rows}
    sets = {r["id"]: r for r in rows if r["engine"] == "ours"}
    _success(rows)
    _quality(by, sets)
    _light(by, sets)
    _fidelity(by, sets)
    _time(by, sets)


def _success(rows: list[Row]) -> None:
    engines = [e for e in ("ours", "scans", "panorama") if any(r["engine"] == e for r in rows)]
    print(f"\n{'solved (wrong)':16}" + "".join(f"{e:>16}" for e in engines))
    levels = sorted({r["level"] for r in rows})
    groups: list[tuple[str, list[Row]]] = [
        (level, [r for r in rows if r["level"] == level]) for level in levels
    ]
    groups.append(("all positives", [r for r in rows if r["expect"] != "refuse"]))
    groups.append(("all negatives", [r for r in rows if r["expect"] == "refuse"]))
    for name, group in groups:
        line = f"{name:16}"
        for engine in engines:
            mine = [r for r in group if r["engine"] == engine]
            wrong = sum(bool(r.get("returned")) and not r["ok"] for r in mine)
            cell = f"{sum(r['ok'] for r in mine)}/{len(mine)} ({wrong})"
            line += f"{cell:>16}"
        print(line)


def _quality(by: dict[tuple[str, str], Row], sets: dict[str, Row]) -> None:
    names = ("ours", "scans", "panorama")

    def solved(key: str, engine: str) -> bool:
        return bool(by.get((key, engine), {}).get("ok"))

    common = [s for s in sets if all(solved(s, e) for e in names)]
    print(f"\non the {len(common)} sets that all three solve, medians")
    for label, field in (
        ("corner error px", "oce"),
        ("overlap PSNR dB", "psnr_overlap"),
        ("overlap SSIM", "ssim_overlap"),
    ):
        print(
            f"  {label:18}"
            + "".join(
                f"{e:>10} {_median([by[s, e][field] for s in common if by[s, e].get(field) is not None])}"
                for e in names
            )
        )
    gains = []
    for s in sets:
        if not by[s, "ours"]["ok"] or by[s, "ours"].get("psnr_overlap") is None:
            continue
        peers = [by[s, e]["psnr_overlap"] for e in names[1:] if solved(s, e) and "psnr_overlap" in by[s, e]]
        if peers and s in common:
            gains.append(by[s, "ours"]["psnr_overlap"] - max(peers))
    print(f"  overlap PSNR over OpenCV's better mode, set by set: {_median(gains)} dB")
    every = [r["oce"] for r in sets.values() if r["ok"] and r.get("oce") is not None]
    print(f"  our corner error on all sets that we solve: {_median(every)} px")


def _light(by: dict[tuple[str, str], Row], sets: dict[str, Row]) -> None:
    for level in ("hard", "low_texture", "multi"):
        line = f"{level:14}"
        for peer in ("gain", "gain+multiband"):
            for field, label in (("psnr_overlap", "overlap"), ("psnr_all", "whole")):
                values = [
                    by[s, "ours"][field] - by[s, peer][field]
                    for s, r in sets.items()
                    if r["level"] == level and field in r and field in by.get((s, peer), {})
                ]
                line += f"  over {peer}, {label}: {_median(values)}"
        if "(" in line:
            print(("\nPSNR over gain compensation on our geometry, dB\n" if level == "hard" else "") + line)


def _fidelity(by: dict[tuple[str, str], Row], sets: dict[str, Row]) -> None:
    real = [s for s, r in sets.items() if r["level"].startswith("real") and "fidelity" in r]
    if not real:
        return
    print("\nfidelity on real sets")
    for peer in ("scans", "panorama", "hugin", "hugin_mosaic"):
        both = [s for s in real if by.get((s, peer), {}).get("ok") and by[s, "ours"]["ok"]]
        if both:
            a, b = ([by[s, e]["fidelity"] for s in both] for e in ("ours", peer))
            print(
                f"  ours {np.median(a):.4f}, {peer} {np.median(b):.4f}, median difference "
                f"{np.median(np.subtract(a, b)):+.4f} ({len(both)})"
            )
    best = [
        (
            by[s, "ours"]["fidelity"],
            max(by[s, e]["fidelity"] for e in ("hugin", "hugin_mosaic") if by.get((s, e), {}).get("ok")),
        )
        for s in real
        if by[s, "ours"]["ok"] and any(by.get((s, e), {}).get("ok") for e in ("hugin", "hugin_mosaic"))
    ]
    if best:
        a, b = [x for x, _ in best], [y for _, y in best]
        print(
            f"  ours {np.median(a):.4f}, Hugin's better mode {np.median(b):.4f}, median difference "
            f"{np.median(np.subtract(a, b)):+.4f} ({len(best)})"
        )


def _time(by: dict[tuple[str, str], Row], sets: dict[str, Row]) -> None:
    kinds = [k for k in ("wall1", "cpu1", "wall2", "cpu2") if any(k in r for r in sets.values())]
    print("\ntime, ours / SCANS, median ratio on sets that both solve; and all sets, medians in seconds")
    for level in [*sorted({r["level"] for r in sets.values()}), "all but easy"]:
        mine = [
            s
            for s, r in sets.items()
            if level == r["level"] or (level == "all but easy" and r["level"] != "easy")
        ]
        both = [
            s
            for s in mine
            if by[s, "ours"]["ok"] and by.get((s, "scans"), {}).get("ok") and by[s, "scans"]["returned"]
        ]
        line = f"  {level:14}"
        for kind in kinds:
            ratios = [by[s, "ours"][kind] / by[s, "scans"][kind] for s in both if kind in by[s, "scans"]]
            line += f"  {kind} {_median(ratios)}"
        if "wall1" in kinds:
            line += f"   ours {np.median([by[s, 'ours']['wall1'] for s in mine]):.3f}"
            line += f" scans {np.median([by[s, 'scans']['wall1'] for s in mine]):.3f}"
        print(line)
