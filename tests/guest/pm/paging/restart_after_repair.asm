; [386] 9.8.14
%include "pm.inc"
case 386, "a handler that maps the page and returns lets the instruction finish"
    paging
    mov dword [FRAME_A + 0x20], 0x4321
    interrupt PAGE_FAULT, CODE32, .handler, INT_GATE32
  ring3
    mov ebx, [WINDOW + 0x20]
    jmp .out
  .handler:
    add esp, 4
    mov dword [ss:pte(WINDOW)], FRAME_A | P_ALL
    iretd
  .out:
  finished
    check ebx, 0x4321
end_case
