"""Writes exports as CVAT 2.x does: 'CVAT for video 1.1' and 'CVAT for images 1.1'."""

from pathlib import Path
from xml.sax.saxutils import escape


def meta(inside: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n'
        f"  <meta>\n{inside}\n    <dumped>2025-03-09 22:16:08.728378+00:00</dumped>\n  </meta>\n"
    )


def task(
    number: int,
    *,
    source: str = "",
    size: int = 10,
    start: int = 0,
    step: str = "",
    user: str = "anna",
) -> str:
    """The <task> of an export, as meta_for_task of CVAT 2 writes it."""
    size_of_video = "<original_size><width>64</width><height>48</height></original_size>"
    return f"""
    <task>
      <id>{number}</id>
      <name>P{number} R1</name>
      <size>{size}</size>
      <mode>{"interpolation" if source else "annotation"}</mode>
      <overlap>0</overlap>
      <bugtracker></bugtracker>
      <created>2025-03-09 21:52:49.513742+00:00</created>
      <updated>2025-03-09 22:16:08.746926+00:00</updated>
      <subset>default</subset>
      <start_frame>{start}</start_frame>
      <stop_frame>{start + size - 1}</stop_frame>
      <frame_filter>{step}</frame_filter>
      <segments>
        <segment>
          <id>1</id>
          <start>0</start>
          <stop>{size - 1}</stop>
          <url>https://cvat.example/api/jobs/1</url>
        </segment>
      </segments>
      <owner>
        <username>admin</username>
        <email>admin@hospital.example</email>
      </owner>
      <assignee>
        <username>{user}</username>
        <email>anna@hospital.example</email>
      </assignee>
      <labels>
        <label>
          <name>lung</name>
          <color>#ff0000</color>
          <type>any</type>
          <attributes>
            <attribute>
              <name>score</name>
              <mutable>True</mutable>
              <input_type>select</input_type>
              <default_value>0</default_value>
              <values>0
1
2
3</values>
            </attribute>
          </attributes>
        </label>
      </labels>
      {f"{size_of_video}<source>{source}</source>" if source else ""}
    </task>"""


def attributes(values: dict[str, object]) -> str:
    return "".join(
        f'\n      <attribute name="{name}">{escape(str(value))}</attribute>'
        for name, value in values.items()
    )


def box(frame: int, outside: int = 0, **values: object) -> str:
    return (
        f'    <box frame="{frame}" keyframe="1" outside="{outside}" occluded="0" xtl="1.00" '
        f'ytl="1.00" xbr="9.00" ybr="9.00" z_order="0">{attributes(values)}\n    </box>\n'
    )


def track(*boxes: str, label: str = "lung", source: str = "manual", more: str = "") -> str:
    return f'  <track id="0" label="{label}" source="{source}"{more}>\n{"".join(boxes)}  </track>\n'


def image(number: int, name: str, *marks: str, more: str = "") -> str:
    return (
        f'  <image id="{number}" name="{name}"{more} width="64" height="48">\n{"".join(marks)}'
        "  </image>\n"
    )


def tag(label: str = "lung", source: str = "manual", **values: object) -> str:
    return f'    <tag label="{label}" source="{source}">{attributes(values)}\n    </tag>\n'


def write(path: Path, inside: str, *elements: str) -> Path:
    path.write_text(meta(inside) + "".join(elements) + "</annotations>\n", encoding="utf-8")
    return path
