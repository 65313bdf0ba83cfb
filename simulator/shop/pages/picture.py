"""Cars drawn in their colour, for where no photo of them can be had."""

from __future__ import annotations

from simulator.shop.model import Vehicle

PAINT = {
    "beige": "#d9c9a3",
    "black": "#23262b",
    "blue": "#2a63b5",
    "brown": "#6f4a2f",
    "gold": "#c7a347",
    "gray": "#878c93",
    "green": "#2f7d4f",
    "grey": "#878c93",
    "orange": "#e07a26",
    "pink": "#dd87ab",
    "purple": "#6d4aa3",
    "red": "#c02f35",
    "silver": "#c3c8ce",
    "white": "#f7f8fa",
    "yellow": "#eec52f",
}
UNKNOWN = "#9fb4bd"
"""A colour whose name nobody has drawn yet."""

BODY = {
    "saloon": (
        "M18 92 Q16 76 34 72 L84 66 Q108 42 138 40 L182 40 Q212 42 236 66 L280 72 Q302 76 300 92 L298 100 L20 100 Z",
        "M100 66 Q116 49 138 48 L156 48 L156 66 Z M164 48 L182 48 Q202 50 220 66 L164 66 Z",
    ),
    "tall": (
        "M18 92 Q16 66 34 62 L76 56 Q96 28 122 26 L226 26 Q250 28 266 58 L284 64 Q302 68 300 92 L298 100 L20 100 Z",
        "M92 57 Q106 36 124 35 L152 35 L152 57 Z M160 35 L222 35 Q238 37 250 57 L160 57 Z",
    ),
    "small": (
        "M44 92 Q42 70 60 66 L96 60 Q116 34 146 32 L206 32 Q240 34 254 60 L266 66 Q276 72 276 92 L274 100 L46 100 Z",
        "M112 60 Q126 42 146 41 L164 41 L164 60 Z M172 41 L204 41 Q226 43 238 60 L172 60 Z",
    ),
}
WHEELS = {"saloon": (78, 240), "tall": (78, 240), "small": (92, 230)}


def paint(colour: str) -> str:
    """The colour's name as one that a browser draws."""
    return PAINT.get(colour.casefold().split(" ")[-1], UNKNOWN)


def shape(vehicle: Vehicle) -> str:
    """Which of the drawn bodies resembles a vehicle of this size."""
    if vehicle.height_mm >= 1600:
        return "tall"
    return "small" if vehicle.length_mm < 4200 else "saloon"


def drawn(body: str, fill: str) -> str:
    """An SVG of the car seen from its side, filled with a colour as a browser knows it. Raises KeyError where there is no such body."""
    outline, windows = BODY[body]
    wheels = "".join(
        f'<circle cx="{x}" cy="100" r="21" fill="#22252a"/><circle cx="{x}" cy="100" r="11" fill="#aab0b7"/>'
        for x in WHEELS[body]
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 140">'
        '<rect width="320" height="140" fill="#e9eff2"/><rect y="112" width="320" height="28" fill="#d5dee3"/>'
        '<ellipse cx="160" cy="121" rx="142" ry="6" fill="#a9b6bd"/>'
        f'<path d="{outline}" fill="{fill}" stroke="#3b4248" stroke-width="1.5"/>'
        f'<path d="{windows}" fill="#bcd3de" stroke="#3b4248" stroke-width="1"/>{wheels}</svg>'
    )


def address(vehicle: Vehicle) -> str:
    """Where the drawing of a vehicle is served."""
    return f"/picture/{shape(vehicle)}/{paint(vehicle.colour).removeprefix('#')}.svg"


def backgrounds(vehicle: Vehicle) -> str:
    """The vehicle's photo, and the drawing behind it where that cannot be had, as a style."""
    photo = vehicle.image_url
    layers = [f"url('{address(vehicle)}')"]
    if photo.startswith(("https://", "http://")) and not set(photo) & set("'\"()\\ \n;"):
        layers.insert(0, f"url('{photo}')")
    return f"background-image: {', '.join(layers)}"
