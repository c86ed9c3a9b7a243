-- The screen as a picture, compared with one that was found right once.
--   platter test golden_screen.lua -D images=FOLDER [--update-golden]
-- Pixels are compared, not PNG files. Masks leave out what may differ, a clock for instance.

test("DIR looks as it should", { timeout = 60, tags = { "boot" } }, function(t)
  local image = t:need(t:param("images", "../../../shared/images") .. "/freedos-144.img")
  local m = t:machine { drive = { { bus = "fd0", file = image, mode = "discard" } } }
  m:expect("A:\\>", 30)
  m:type("cls\n")
  m:type("ver\n")
  m:expect({ "FreeCom version", "A:\\>" })
  m:run(0.2)
  local row, column = m:cursor()
  t:screenshot("ver", {
    golden = "golden/ver.png",
    mask = { { (column - 1) * 9, (row - 1) * 16, 9, 16 } },      -- the cursor blinks
  })
end)
