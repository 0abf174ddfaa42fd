*** Settings ***
Documentation       A job's arguments are variables; what it gives back goes into the file that UIPATH_OUTPUT_FILE names.
Library             Collections
Library             OperatingSystem

*** Tasks ***
Add Up Invoices
    ${total}=    Set Variable    ${0}
    FOR    ${invoice}    IN    @{invoices}
        Log To Console    invoice ${invoice}[number]: ${invoice}[amount]
        ${total}=    Evaluate    $total + $invoice['amount']
    END
    Should Be True    $total > 0    msg=there is nothing to pay
    ${output}=    Evaluate    json.dumps({'total': $total})
    Create File    %{UIPATH_OUTPUT_FILE}    ${output}
