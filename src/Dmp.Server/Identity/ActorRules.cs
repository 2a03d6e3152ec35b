using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Type.V1;

namespace Dmp.Server.Identity;

/// <summary>Professionals and structures as requests name them.</summary>
internal static class ActorRules
{
    private const int ActorNameCharactersMax = 100;

    /// <summary>
    /// Checks whom a consent or block is about. In the test realm check digits do not count, because many published test
    /// numbers break them; the shape always does.
    /// </summary>
    public static void Check(Actor? actor, Realm realm, FieldFaults faults) => Check(actor, realm, "actor", faults);

    /// <summary>The same for an actor in another field.</summary>
    public static void Check(Actor? actor, Realm realm, string field, FieldFaults faults)
    {
        if (actor is null)
        {
            return;
        }

        faults.Text(actor.Name, field + ".name", ActorNameCharactersMax);
        switch (actor.Kind)
        {
            case ActorKind.Professional:
                faults.Require(
                    actor.Id.Length == 0 || IsProfessional(actor.Id, realm),
                    field + ".id",
                    "Must be the national identifier of a professional: 8 and the RPPS number (12 digits), with a right key.");
                break;
            case ActorKind.Structure:
                faults.Require(
                    actor.Id.Length == 0 || IsStructure(actor.Id, realm),
                    field + ".id",
                    "Must be the national identifier of a structure: 1 and the FINESS number (10 characters), with a right key.");
                break;
            case ActorKind.Unspecified:
                break;
            default:
                faults.Add(field + ".kind", "Must be PROFESSIONAL or STRUCTURE.");
                break;
        }
    }

    private static bool IsProfessional(string id, Realm realm) =>
        id is ['8', .. { Length: 11 } rpps]
        && rpps.All(char.IsAsciiDigit)
        && (realm == Realm.Test || NationalIds.RppsIsValid(rpps));

    private static bool IsStructure(string id, Realm realm) =>
        id is ['1', .. { Length: 9 } finess]
        && finess.All(char.IsAsciiLetterOrDigit)
        && (realm == Realm.Test || NationalIds.FinessIsValid(finess));
}
