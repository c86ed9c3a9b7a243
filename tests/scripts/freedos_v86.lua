-- DOS under a memory manager runs in virtual-8086 mode with paging on: not only its texts say so, the processor does.
--   platter test freedos_v86.lua -D images=FOLDER

local kPe, kPg, kVm = 0x1, 0x80000000, 0x20000

local function boot(t, choice)
  local image = t:need(t:param("images", "../../../shared/images") .. "/freedos-144.img")
  local m = t:machine {
    cpu = "386", ram = "16M",
    drive = { { bus = "fd0", file = image, mode = "discard" } },
  }
  m:run(3)
  m:type(choice .. "\n")
  m:expect({ "FreeDOS test floppy ready, menu choice " .. choice, "A:\\>" }, 30)
  return m
end

for choice, manager in pairs { [3] = "JEMMEX", [4] = "HIMEMX and JEMM386" } do
  test(manager .. ": paging is on and DOS is in V86 mode", { timeout = 60, tags = { "boot" } }, function(t)
    local m = boot(t, choice)
    t:eq(m:reg("cr0") & (kPe | kPg), kPe | kPg)
    local seen = false
    for _ = 1, 50 do      -- now and then it is the manager that runs, at level 0
      m:run(0.01)
      seen = seen or m:reg("eflags") & kVm ~= 0
    end
    t:ok(seen, "EFLAGS.VM was never set")
    m:type("mem\n")
    m:expect("Total Expanded (EMS)")
  end)
end

test("XMS alone stays in real mode", { timeout = 60, tags = { "boot" } }, function(t)
  local m = boot(t, 2)
  t:eq(m:reg("cr0") & kPe, 0)
  t:eq(m:reg("eflags") & kVm, 0)
end)
