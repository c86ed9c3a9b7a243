-- CTTY COM1: DOS talks to the test over the serial line, and the screen is not needed any more.
--   platter test serial_console.lua -D images=FOLDER
-- Works the same for any guest with a serial console.

test("DOS runs on COM1", { timeout = 120, tags = { "boot" } }, function(t)
  local image = t:need(t:param("images", "../../../shared/images") .. "/freedos-144.img")
  local m = t:machine { drive = { { bus = "fd0", file = image, mode = "discard" } } }
  local com = m:serial(1)               -- from now on somebody is at the other end of the cable
  m:expect("A:\\>", 30)
  m:type("ctty com1\n")

  com:expect("A:\\>")
  com:send("echo over the wire\r")
  com:expect("over the wire")           -- the echo of what was typed
  com:expect("over the wire")           -- and what ECHO says
  com:expect("A:\\>")
  com:send("ctty con\r")
  m:expect("A:\\>")                     -- back on the screen
end)
