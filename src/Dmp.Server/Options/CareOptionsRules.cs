using Dmp.Care.Medications;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Options;

/// <summary>A table of dangerous medicines that is missing or faulty is told at the start, and not by the first answer.</summary>
internal sealed class CareOptionsRules : IValidateOptions<CareOptions>
{
    public ValidateOptionsResult Validate(string? name, CareOptions options) =>
        Fault(options) is { } fault ? ValidateOptionsResult.Fail(fault) : ValidateOptionsResult.Success;

    /// <summary>Null when there is nothing wrong.</summary>
    public static string? Fault(CareOptions options) => FaultOfMedicines(options) ?? ExamTableFiles.Read(options).Fault;

    private static string? FaultOfMedicines(CareOptions options)
    {
        if (options.DangerousMedicines is not { } file)
        {
            return null;
        }

        try
        {
            using var reader = new StreamReader(file);
            DangerousMedicines.Read(reader);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"Dmp:Care:DangerousMedicines: {failure.Message}";
        }
        catch (InvalidDataException fault)
        {
            return $"Dmp:Care:DangerousMedicines: {file}: {fault.Message}";
        }
    }
}
