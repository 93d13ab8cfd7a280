from . import handler, steps

steps.arm()
