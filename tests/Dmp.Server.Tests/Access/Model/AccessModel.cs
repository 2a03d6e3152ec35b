using Dmp.Document.V1;

namespace Dmp.Server.Tests.Access.Model;

/// <summary>What the rules say a call comes to.</summary>
internal enum Verdict
{
    Ok,
    RecordAccessDenied,
    RecordNotOpen,
    FunctionNotAllowed,
    DocumentNotFound,
    DocumentActionNotAllowed,
    DocumentStateConflict,
    ConsentActionNotAllowed,
    ActorBlocked,
    EmergencyNotAllowed,
    VisibilityCodesExclusive,
    CareTeamNotFound,
}

/// <summary>A professional of the model: profession (10, 40, 60), whether of occupational health, and where.</summary>
internal sealed record Carer(string Name, string Id, string Structure, string Profession, bool IsOccupational);

internal sealed class ModelConsent
{
    public required string Id { get; set; }

    public required bool Attending { get; set; }

    /// <summary>Given while the patient was a minor, and not confirmed since.</summary>
    public required bool FromMinority { get; set; }
}

/// <summary>A professional and the structure, or neither: the patient.</summary>
internal sealed record ModelVersion(string Type, string? Depositor, string? Structure);

internal sealed class ModelDocument
{
    public required string Id { get; init; }

    /// <summary>Of the patient's side: added by the patient.</summary>
    public required bool IsPatients { get; init; }

    public List<ModelVersion> Versions { get; } = [];

    public bool Masked { get; set; }

    public bool HiddenFromPatient { get; set; }

    public bool HiddenFromRepresentatives { get; set; }

    public DocumentStatus State { get; set; } = DocumentStatus.Approved;
}

internal sealed record ModelRule(string Id, bool Shows, string? DocumentId, string? Type, string? CarerId, string? Profession);

/// <summary>
/// The rules of the record, written once more from their sources (CSP, the functional matrix, the matrix of types, the contract's
/// comments) and not from the server: small, slow and plain.
/// </summary>
internal sealed class AccessModel
{
    /// <summary>A psychiatric synthesis: one of the five types that dental surgeons do not read.</summary>
    public const string ClosedToDentists = "68599-0";

    public bool IsMinor { get; set; }

    public bool IsClosed { get; set; }

    public bool BreakGlassAllowed { get; set; } = true;

    public bool MaskedShownInEmergencies { get; set; }

    public bool MaskedByDefault { get; set; }

    public bool SecretActsHiddenFromStaff { get; set; }

    /// <summary>By <c>kind:identifier</c>.</summary>
    public Dictionary<string, ModelConsent> Consents { get; } = [];

    public HashSet<string> Blocked { get; } = [];

    public HashSet<string> Emergencies { get; } = [];

    public HashSet<string> Team { get; } = [];

    /// <summary>Members of a team that an operator registered.</summary>
    public HashSet<string> FormalTeam { get; } = [];

    /// <summary>An adult whose representatives keep their right.</summary>
    public bool IsGuarded { get; set; }

    public List<ModelDocument> Documents { get; } = [];

    public List<ModelRule> Rules { get; } = [];

    public bool IsBlocked(Carer carer) => Blocked.Contains($"1:{carer.Id}") || Blocked.Contains($"2:{carer.Structure}");

    public bool IsAuthorized(Carer carer) => !IsBlocked(carer) && (HasConsent(carer) || IsInEmergency(carer));

    /// <summary>An occupational physician stays one, whatever the patient calls them: the table has one row for them.</summary>
    public bool IsAttending(Carer carer) => !carer.IsOccupational && !IsBlocked(carer) && InForce($"1:{carer.Id}") is { Attending: true };

    /// <summary>Break-glass is the mode of whoever has no other right.</summary>
    public bool IsEmergencyMode(Carer carer) => !HasConsent(carer) && IsInEmergency(carer);

    // What a professional asks of the record before any document is looked at.
    public Verdict Record(Carer carer, bool needsAuthorization, bool function) =>
        IsBlocked(carer) || (needsAuthorization && !IsAuthorized(carer)) ? Verdict.RecordAccessDenied
        : !function ? Verdict.FunctionNotAllowed
        : IsClosed ? Verdict.RecordNotOpen
        : Verdict.Ok;

    public Verdict Patient() => IsClosed ? Verdict.RecordNotOpen : Verdict.Ok;

    public Verdict Representative() => !IsMinor && !IsGuarded ? Verdict.RecordAccessDenied : Patient();

    public Verdict Search(Carer carer) => Record(carer, needsAuthorization: true, function: true);

    public Verdict Read(Carer carer, ModelDocument document)
    {
        var record = Record(carer, needsAuthorization: true, function: !carer.IsOccupational);
        return record != Verdict.Ok ? record
            : !Exists(carer, document, document.Versions.Count) ? Verdict.DocumentNotFound
            : document.State == DocumentStatus.Deleted && !IsAttending(carer) && !IsOwn(carer, document) ? Verdict.DocumentNotFound
            : Verdict.Ok;
    }

    public bool ExistsForPatient(ModelDocument document) => !document.HiddenFromPatient;

    public bool ExistsForRepresentative(ModelDocument document) => ExistsForPatient(document) && !document.HiddenFromRepresentatives;

    public bool Exists(Carer carer, ModelDocument document, int version) =>
        IsOwn(carer, document)
        || (IsAuthorized(carer)
            && IsOpenTo(carer.Profession, document.Versions[version - 1].Type)
            && (!document.Masked
                || SeesMasked(carer)
                || Rules.Any(rule => rule.Shows && rule.DocumentId == document.Id && rule.CarerId == carer.Id))
            && !Rules.Any(rule => !rule.Shows
                && (rule.DocumentId == document.Id || rule.Type == document.Versions[version - 1].Type)
                && (rule.CarerId == carer.Id || rule.Profession == carer.Profession)));

    /// <summary>Staff of a structure knows what was deposited there, masked or not, by its metadata.</summary>
    public Verdict FindByStaff(string structure, ModelDocument document) =>
        Blocked.Contains($"2:{structure}") ? Verdict.RecordAccessDenied
        : IsClosed ? Verdict.RecordNotOpen
        : !document.Versions.Exists(version => version.Structure == structure) ? Verdict.DocumentNotFound
        : SecretActsHiddenFromStaff && document.HiddenFromRepresentatives ? Verdict.DocumentNotFound
        : Verdict.Ok;

    public Verdict DeleteByStaff(string structure, ModelDocument document) =>
        FindByStaff(structure, document) is var found and not Verdict.Ok ? found : State(document, "delete");

    public static bool IsOwn(Carer carer, ModelDocument document) => document.Versions.Exists(version => version.Depositor == carer.Id);

    /// <summary>Mask, unmask, archive, delete by a professional.</summary>
    public Verdict Change(Carer carer, ModelDocument document, string change)
    {
        var isEmergency = IsEmergencyMode(carer);
        var isPhysician = carer.Profession == "10" && !carer.IsOccupational;
        var function = change switch
        {
            "mask" or "unmask" => !isEmergency,
            "archive" => !isEmergency || isPhysician,
            _ => true,
        };
        var record = Record(carer, needsAuthorization: change is "mask" or "unmask", function);
        if (record != Verdict.Ok)
        {
            return record;
        }

        if (!Exists(carer, document, document.Versions.Count))
        {
            return Verdict.DocumentNotFound;
        }

        var isAuthor = !document.IsPatients && IsOwn(carer, document);
        var isAllowed = change switch
        {
            "mask" => true,
            "unmask" => isAuthor || IsAttending(carer),
            "archive" => isAuthor || (IsAuthorized(carer) && (IsAttending(carer) || (isEmergency && isPhysician))),
            _ => isAuthor || (document.IsPatients && IsAttending(carer)),
        };
        return !isAllowed ? Verdict.DocumentActionNotAllowed
            : State(document, change) is var state and not Verdict.Ok ? state
            : change == "mask" && document is { HiddenFromPatient: true, Masked: false } ? Verdict.VisibilityCodesExclusive
            : Verdict.Ok;
    }

    /// <summary>What somebody finds who has a right in the normal mode: for who follows the feed.</summary>
    public IEnumerable<string> FoundInNormalMode(Carer carer) => IsClosed || IsBlocked(carer) || !HasConsent(carer)
        ? []
        : Documents.Where(document => document.State != DocumentStatus.Deleted && Exists(carer, document, document.Versions.Count))
            .Select(document => document.Id);

    /// <summary>A colleague, the own structure, the own team: what the patient agreed to, declared by somebody else.</summary>
    public Verdict DeclareFor(Carer carer, string key) =>
        Record(carer, needsAuthorization: false, function: !carer.IsOccupational && !IsEmergencyMode(carer))
            is var record and not Verdict.Ok ? record
        : key.StartsWith("2:", StringComparison.Ordinal) && key != $"2:{carer.Structure}" ? Verdict.ConsentActionNotAllowed
        : key == "9:formal" ? FormalTeam.Contains(carer.Id) ? Verdict.Ok : Verdict.CareTeamNotFound
        : Blocked.Contains(key) ? Verdict.ActorBlocked
        : Verdict.Ok;

    /// <summary>The same by the patient, who hides everything and otherwise rules over the own documents.</summary>
    public Verdict ChangeByPatient(ModelDocument document, string change) =>
        IsClosed ? Verdict.RecordNotOpen
        : !ExistsForPatient(document) ? Verdict.DocumentNotFound
        : change is not ("mask" or "unmask") && !document.IsPatients ? Verdict.DocumentActionNotAllowed
        : State(document, change);

    public Verdict Declare(Carer carer, bool attending) =>
        Record(carer, needsAuthorization: false, function: !carer.IsOccupational && !IsEmergencyMode(carer))
            is var record and not Verdict.Ok ? record
        : attending && carer.Profession != "10" ? Verdict.ConsentActionNotAllowed
        : Verdict.Ok;

    public Verdict OpenEmergency(Carer carer) =>
        Record(carer, needsAuthorization: false, function: !carer.IsOccupational) is var record and not Verdict.Ok ? record
        : BreakGlassAllowed ? Verdict.Ok
        : Verdict.EmergencyNotAllowed;

    private static Verdict State(ModelDocument document, string change) => (change, document.State) switch
    {
        (_, DocumentStatus.Deleted) or ("archive", DocumentStatus.Archived) => Verdict.DocumentStateConflict,
        _ => Verdict.Ok,
    };

    private static bool IsOpenTo(string profession, string type) => profession switch
    {
        "10" or "60" => true,
        "40" => type != ClosedToDentists,
        _ => false,
    };

    private bool SeesMasked(Carer carer) => IsEmergencyMode(carer) ? MaskedShownInEmergencies : IsAttending(carer);

    private bool IsInEmergency(Carer carer) => Emergencies.Contains(carer.Id) && BreakGlassAllowed;

    private bool HasConsent(Carer carer) =>
        InForce($"1:{carer.Id}") is not null
        || InForce($"2:{carer.Structure}") is not null
        || (Team.Contains(carer.Id) && InForce("9:team") is not null)
        || (FormalTeam.Contains(carer.Id) && InForce("9:formal") is not null);

    /// <summary>What others agreed to for a child waits for the adult.</summary>
    private ModelConsent? InForce(string actor) =>
        Consents.TryGetValue(actor, out var consent) && (IsMinor || !consent.FromMinority) ? consent : null;
}
