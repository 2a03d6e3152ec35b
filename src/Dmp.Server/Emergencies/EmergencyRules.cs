using Dmp.Emergency.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Errors;

namespace Dmp.Server.Emergencies;

/// <summary>Rules on emergencies that need no I/O.</summary>
internal static class EmergencyRules
{
    private const int ReasonCharactersMin = 10;
    private const int ReasonCharactersMax = 500;

    public static void Check(OpenEmergencyAccessRequest request, FieldFaults faults)
    {
        faults.Require(System.Enum.IsDefined(request.Mode), "mode", "Must be a mode of this version of the contract.");
        faults.Text(request.Reason, "reason", ReasonCharactersMax);
        faults.Require(
            request.Reason.Length == 0 || request.Reason.Trim().Length >= ReasonCharactersMin,
            "reason",
            $"Must have at least {ReasonCharactersMin} characters: the patient will read it.");
    }

    public static void CheckComment(string comment, FieldFaults faults) => faults.Text(comment, "comment", ReasonCharactersMax);

    /// <summary>
    /// Whether a record may be opened in a mode (CSP L1111-17 I, R1111-48): what the patient left open, regulation for those
    /// whose token says so, never for occupational physicians.
    /// </summary>
    public static bool MayOpen(Caller caller, EmergencyMode mode, AccessFacts facts) =>
        caller.Kind == CallerKind.Professional
        && !caller.IsOccupationalPhysician
        && mode switch
        {
            EmergencyMode.BreakGlass => facts.EmergencyBreakGlassAllowed,
            EmergencyMode.Regulation => caller.MayRegulate && facts.EmergencyRegulationAllowed,
            _ => false,
        };
}
