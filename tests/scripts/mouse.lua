-- A guest of 89 bytes, written into the script, receives what m:mouse does: PS/2 packets by interrupt 12.
--   platter test mouse.lua
-- Shows a boot sector made by hand, bytes of the debug port, and moving, pressing and letting go.

local code = {
  "FA 31C0 8ED8 8ED0 BC007C",   -- cli; ds = ss = 0; sp = 7C00h
  "C706D001377C A3D201",        -- vector 74h (IRQ 12): the handler at 7C37h
  "B060 E82C00 B043 E82D00",    -- 8042 command byte: mouse on, both interrupts
  "B0D4 E82200 B0F4 E82300",    -- to the mouse: enable reporting
  "E421 24FB E621",             -- both PICs: let IRQ 2 and IRQ 12 through
  "E4A1 24EF E6A1",
  "FB F4 EBFD",                 -- sti; hlt, again and again
  "50 E460 E6E9",               -- the handler: port 60h to port E9h,
  "B020 E6A0 E620 58 CF",       -- end of interrupt to both PICs
  "E80900 E664 C3",             -- al to port 64h when the controller is ready
  "E80300 E660 C3",             -- al to port 60h
  "50 E464 A802 75FA 58 C3",    -- until the controller is ready
}
local boot = table.concat(code):gsub(" ", ""):gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end)

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02X "):format(c:byte()) end))
end

test("a guest gets the mouse's packets by IRQ 12", { timeout = 30 }, function(t)
  local floppy = boot .. ("\0"):rep(510 - #boot) .. "\x55\xAA"
  local image = t:tmp("mouse.img", { content = floppy .. ("\0"):rep(1474560 - #floppy) })
  local m = t:machine { boot = "a", drive = { { bus = "fd0", file = image, mode = "ro" } } }
  local port = m:debug_port()
  m:wait(function() return port:text():find("\xFA", 1, true) end, 20)      -- the mouse acknowledged
  local before = #port:text()
  local function packet()
    m:run("100ms")
    local bytes = port:text():sub(before + 1)
    before = before + #bytes
    return hex(bytes)
  end
  m:mouse(10, -5, "l")
  t:eq(packet(), "09 0A 05 ", "right and up, the left button")             -- a PS/2 mouse counts upwards
  m:mouse(-3, 4, "r")
  t:eq(packet(), "3A FD FC ", "left and down, the right button")
  m:mouse(0, 0, "lr")
  t:eq(packet(), "0B 00 00 ", "both buttons, no movement")
  m:mouse(0, 0)
  t:eq(packet(), "08 00 00 ", "all let go")
end)
