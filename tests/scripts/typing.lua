-- No key is lost, at any speed of the guest: 2000 random characters and chords into COPY CON, read back from the
-- file that DOS wrote.
--   platter test typing.lua -D images=FOLDER [-D keys=2000]
-- m:type and m:key wait for room in the keyboard controller and in the BIOS's buffer; there is no pause in here.

local keys = 2000

-- Ctrl chords that DOS takes as characters; the others edit the line or stop the program.
local chords = {}
for letter in ("abdegnortuvwxy"):gmatch(".") do
  chords[#chords + 1] = { name = "ctrl-" .. letter, text = string.char(letter:byte() - 96) }
end
for letter in ("abcxyz"):gmatch(".") do
  chords[#chords + 1] = { name = "shift-" .. letter, text = letter:upper() }
end
chords[#chords + 1] = { name = "shift-1", text = "!" }
chords[#chords + 1] = { name = "shift-slash", text = "?" }

-- Lines of up to 100 keys, as { text to type or chord, ... } and the text they should give.
local function random_keys(count)
  local strokes, text, column = {}, "", 0
  for _ = 1, count do
    if column == 100 then
      strokes[#strokes + 1] = { text = "\n" }
      text, column = text .. "\r\n", 0
    end
    if math.random(10) == 1 then
      local chord = chords[math.random(#chords)]
      strokes[#strokes + 1] = { chord = chord.name }
      text = text .. chord.text
    else
      local c = string.char(math.random(0x20, 0x7E))
      strokes[#strokes + 1] = { text = c }
      text = text .. c
    end
    column = column + 1
  end
  strokes[#strokes + 1] = { text = "\n" }
  return strokes, text .. "\r\n"
end

local function type_and_compare(t, mips)
  local image = t:need(t:param("images", "../../../shared/images") .. "/freedos-144.img")
  local floppy = t:tmp("a.img", { copy = image })
  local m = t:machine { mips = mips, drive = { { bus = "fd0", file = floppy } } }
  m:expect("Select from Menu", 60)
  m:key("enter")
  m:expect("A:\\>", 120)
  m:type("copy con typed.txt\n")
  m:wait_idle()
  local strokes, expected = random_keys(tonumber(t:param("keys", keys)))
  for _, stroke in ipairs(strokes) do
    if stroke.chord then m:key(stroke.chord) else m:type(stroke.text) end
  end
  m:key("ctrl-z", "enter")
  m:expect("A:\\>", 60)
  m:poweroff()
  local got = t:image { "fat", "cat", floppy, "/TYPED.TXT" }
  if not t:ok(got == expected, "the file is not what was typed") then
    for i = 1, #expected do
      if got:byte(i) ~= expected:byte(i) then
        t:log("first difference at byte", i, ("%q instead of %q"):format(got:sub(i, i + 20), expected:sub(i, i + 20)))
        break
      end
    end
  end
end

for _, mips in ipairs { 1, 2, 5, 20, 100 } do
  test(("nothing is lost at %d million instructions a second"):format(mips), { timeout = 900, tags = { "typing" } },
    function(t) type_and_compare(t, mips) end)
end
